import type { NativeDiff } from '../native/index.cjs';
import { binding } from './binding.ts';
import { native, PagefoldError } from './errors.ts';
import { ELEMENT_TYPES, MERGE_OPERATIONS, type ElementType, type MergeOperation } from './merge-region.ts';

/** The change of one element, to look at: a merge computes with the values themselves. */
export interface ElementDelta {
  /** Where the element begins in the memory. */
  readonly byteOffset: number;
  /**
   * With `o` the value in the base and `u` the changed one: `u - o` for `sum`, `o - u` for `subtract`, `u / o` for
   * `product`, `o ^ u` for `xor`, `u` for everything else. Integers of 64 bits are BigInts, a `bool` is a boolean.
   * `undefined` where there is no ratio.
   */
  readonly value: number | bigint | boolean | undefined;
}

/** One run of changed bytes. */
export interface DiffEntry {
  /** Where it begins in the memory. */
  readonly byteOffset: number;
  /** Length in bytes, a multiple of the width of the type. */
  readonly byteLength: number;
  /** What the bytes mean. */
  readonly type: ElementType;
  /** How they are merged. */
  readonly operation: MergeOperation;
  /** Whether each element differs from the base. If not, some that do not join two runs; they are never merged. */
  readonly exact: boolean;
  /** The bytes of the changed memory: a part of a copy that all entries of one iteration share. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the base has there, if the diff carries that; zeros past its end. */
  readonly original?: Uint8Array<ArrayBuffer>;
  /**
   * The change of each changed element, ascending. Made anew whenever it is read, an object for each: to look at.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_ORIGINALS` when the diff does not carry what the base has.
   */
  readonly delta: readonly ElementDelta[];
}

/** Numbers that the addon gives for an entry. */
const NUMBERS = 5;

/**
 * The entries of a diff, over one copy of its bytes. `copied` is called when that was made.
 *
 * @internal
 */
export function* entriesOf(
  diff: NativeDiff,
  byteLength: number,
  withOriginals: boolean,
  copied: () => void,
): Generator<DiffEntry, void, undefined> {
  const numbers = native(() => diff.entries());
  const bytes = new Uint8Array(byteLength);
  const originals = withOriginals ? new Uint8Array(byteLength) : undefined;
  native(() => diff.read(bytes, originals));
  copied();
  let next = 0;
  for (let index = 0; index < numbers.length; index += NUMBERS) {
    const [byteOffset = 0, length = 0, type = 0, operation = 0, exact = 0] = numbers.subarray(index, index + NUMBERS);
    const start = next;
    next += length;
    yield new Entry(
      byteOffset,
      ELEMENT_TYPES[type] ?? 'raw',
      MERGE_OPERATIONS[operation] ?? 'overwrite',
      exact === 1,
      bytes.subarray(start, next),
      originals?.subarray(start, next),
    );
  }
}

/** Plain data but for the delta, which is made when it is looked at. */
class Entry implements DiffEntry {
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly type: ElementType;
  readonly operation: MergeOperation;
  readonly exact: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
  declare readonly original?: Uint8Array<ArrayBuffer>;

  constructor(
    byteOffset: number,
    type: ElementType,
    operation: MergeOperation,
    exact: boolean,
    bytes: Uint8Array<ArrayBuffer>,
    original: Uint8Array<ArrayBuffer> | undefined,
  ) {
    this.byteOffset = byteOffset;
    this.byteLength = bytes.length;
    this.type = type;
    this.operation = operation;
    this.exact = exact;
    this.bytes = bytes;
    if (original !== undefined) this.original = original;
  }

  get delta(): readonly ElementDelta[] {
    const { byteOffset, type, operation, bytes, original } = this;
    if (original === undefined) {
      throw new PagefoldError('ERR_PAGEFOLD_NO_ORIGINALS', 'make the diff with originals to look at its deltas');
    }
    const { byteOffsets, values } = native(() => binding().deltas(byteOffset, type, operation, bytes, original));
    return Array.from(byteOffsets, (at, index): ElementDelta => ({
      byteOffset: at,
      value: values[index] ?? undefined,
    }));
  }
}
