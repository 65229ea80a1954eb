import type { InspectOptionsStylized } from 'node:util';

import type { NativeDiff } from '../native/index.cjs';
import { binding } from './binding.ts';
import { byteRanges, type ByteRange } from './byte-range.ts';
import { ownBytes, stableBytes } from './bytes.ts';
import { publishCopy } from './channels.ts';
import { checkBytes, checkChoice, checkOptions, wrongType } from './check.ts';
import { entriesOf, type DiffEntry } from './diff-entry.ts';
import { applyReport, checkDiffOptions, type ApplyReport, type DiffOptions } from './diff-options.ts';
import { native, PagefoldError } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { madeAt } from './leaks.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { MergeRules, nativeRules } from './merge-rules.ts';

/** What a diff was made against. */
export interface DiffBase {
  /** {@link Snapshot.id} of the snapshot; 32 zeros for bytes that are none. */
  readonly id: string;
  /** Its version then. */
  readonly version: number;
  /** The revision of its merge rules then. */
  readonly revision: number;
  /** Its length in bytes. */
  readonly byteLength: number;
}

/** Options of {@link SnapshotDiff.between}. */
export interface DiffBetweenOptions extends DiffOptions {
  /**
   * How the changes are merged.
   *
   * @default the last change wins, everywhere
   */
  rules?: MergeRules | undefined;
}

/** Options of {@link SnapshotDiff.encode}. */
export interface EncodeOptions {
  /**
   * How the contents are stored. `lz4`: about a gigabyte a second, and memories compress well.
   *
   * @default 'none'
   */
  compression?: 'none' | 'lz4' | undefined;
}

/** What {@link SnapshotDiff.decode} lets a diff be. Anything beyond is refused before memory is reserved for it. */
export interface DecodeOptions {
  /**
   * The longest memory that it may describe, in bytes.
   *
   * @default 2 ** 32
   */
  maxByteLength?: number | undefined;
  /**
   * The most entries that it may have; each takes about 24 bytes of memory.
   *
   * @default 2 ** 24
   */
  maxEntries?: number | undefined;
  /**
   * The most bytes that it may take when it is decompressed.
   *
   * @default what a memory of `maxByteLength` bytes can change, with originals, and 2 ** 29 more for the index
   */
  maxBodyByteLength?: number | undefined;
}

const MAX_BYTE_LENGTH = 2 ** 32;

/** The native side of a diff; set by the class, which alone can see it. */
let nativeOf: (diff: SnapshotDiff) => NativeDiff;
let isDiff: (value: unknown) => value is SnapshotDiff;

/**
 * Everything that one memory has changed against a base: runs of updated bytes, each with the type and operation by which it
 * is merged. Immutable, owns its bytes, which lie outside the engine's heap. Iterating over it copies them once.
 *
 * It is no promise-like object: to put two diffs together, call {@link SnapshotDiff.compose}.
 */
export class SnapshotDiff implements Iterable<DiffEntry>, Disposable {
  readonly #native: NativeDiff;
  #disposed = false;
  /** What it was made against. */
  readonly base: DiffBase;
  /** Who made it: diffs are merged in ascending order of origin. 0 for one between bytes. */
  readonly origin: number;
  /** The running number of the diff there. */
  readonly sequence: number;
  /** Length in bytes of the changed memory, at least that of the base. */
  readonly byteLength: number;
  /** How many entries it has. */
  readonly entryCount: number;
  /** Bytes of all entries together. */
  readonly changedByteLength: number;
  /** Whether it carries what the base has where something changed. */
  readonly hasOriginals: boolean;

  /** @internal */
  constructor(made: MadeHere, diff: NativeDiff) {
    checkMadeHere(made, 'a SnapshotDiff is made by MemoryView.diff(), SnapshotDiff.between() or SnapshotDiff.decode()');
    const header = native(() => diff.header());
    native(() => diff.enter(madeAt()));
    this.#native = diff;
    this.base = Object.freeze({
      id: header.id,
      version: header.version,
      revision: header.revision,
      byteLength: header.baseByteLength,
    });
    this.origin = header.origin;
    this.sequence = header.sequence;
    this.byteLength = header.byteLength;
    this.entryCount = header.entryCount;
    this.changedByteLength = header.changedByteLength;
    this.hasOriginals = header.hasOriginals;
    Object.freeze(this);
    publishCopy('diff', this.#ownByteLength, this);
  }

  static {
    isDiff = (value): value is SnapshotDiff => typeof value === 'object' && value !== null && #native in value;
    nativeOf = (diff) => diff.#alive();
  }

  /**
   * What `after` changed against `before`. Elements whose bits are equal are not changed.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when `after` is shorter; `ERR_PAGEFOLD_OVER_MAX` when it is longer than
   * the rules allow; `ERR_PAGEFOLD_PARTIAL_ELEMENT` when its end cuts a changed element off.
   */
  static between(before: Uint8Array, after: Uint8Array, options?: DiffBetweenOptions): SnapshotDiff {
    const [base, updated] = [stableBytes(before, 'before'), stableBytes(after, 'after')];
    const { gap, originals } = checkDiffOptions(options);
    const { rules = new MergeRules([], { maxByteLength: Number.MAX_SAFE_INTEGER }) } = checkOptions(options);
    const wanted = nativeRules(rules);
    const { NativeDiff } = binding();
    const diff = native(() => NativeDiff.between(base, updated, wanted, gap, originals));
    return new SnapshotDiff(MADE_HERE, diff);
  }

  /**
   * Reads what {@link SnapshotDiff.encode} wrote, wherever the bytes come from: memory is taken in proportion to how many
   * there are, and the options bound what they expand to.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NOT_A_DIFF`; `ERR_PAGEFOLD_DIFF_CORRUPT` when they were cut short or altered, or say
   * what no diff can say; `ERR_PAGEFOLD_OVER_MAX` beyond the limits; `ERR_PAGEFOLD_UNSUPPORTED` for another version of the
   * format; `ERR_PAGEFOLD_OUT_OF_RANGE` for numbers above 2^53 - 1.
   */
  static decode(bytes: Uint8Array, options?: DecodeOptions): SnapshotDiff {
    const encoded = stableBytes(bytes, 'bytes');
    const { maxByteLength = MAX_BYTE_LENGTH, maxEntries, maxBodyByteLength } = checkOptions(options);
    const memory = checkBytes(maxByteLength, 'maxByteLength');
    const entries = maxEntries === undefined ? undefined : checkBytes(maxEntries, 'maxEntries');
    const body = maxBodyByteLength === undefined ? undefined : checkBytes(maxBodyByteLength, 'maxBodyByteLength');
    const { NativeDiff } = binding();
    return new SnapshotDiff(
      MADE_HERE,
      native(() => NativeDiff.decode(encoded, memory, entries, body)),
    );
  }

  /** Whether {@link SnapshotDiff.dispose} was called. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** The diff as bytes, which {@link SnapshotDiff.decode} reads on any machine. The format is in docs/wire-format.md. */
  encode(options?: EncodeOptions): Uint8Array<ArrayBuffer> {
    const { compression: wanted = 'none' } = checkOptions(options);
    const compression = checkChoice(wanted, 'compression', ['none', 'lz4']);
    const diff = this.#alive();
    const encoded = native(() => diff.encode(compression === 'lz4')) as Uint8Array<ArrayBuffer>;
    publishCopy('encode', encoded.byteLength, this);
    return encoded;
  }

  /** Its entries, ascending by offset, over one copy of their bytes. */
  [Symbol.iterator](): Generator<DiffEntry, void, undefined> {
    const diff = this.#alive();
    const copied = (): void => publishCopy('entries', this.#ownByteLength, this);
    return entriesOf(diff, this.changedByteLength, this.hasOriginals, copied);
  }

  /**
   * The diff that leads where this one and then `next` lead; `next` was made against what this one leads to. It has the base,
   * origin and sequence of this one, and originals if both have them.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_SIZE_MISMATCH` when the base of `next` is not as long as what this one leads to;
   * `ERR_PAGEFOLD_STALE_BASE` when the two were made with different rules.
   */
  compose(next: SnapshotDiff): SnapshotDiff {
    const diff = this.#alive();
    const second = nativeDiff(next, 'next');
    return new SnapshotDiff(
      MADE_HERE,
      native(() => diff.compose(second)),
    );
  }

  /**
   * The ranges that both diffs change, ascending; both were made against one base. Exact when both have originals or were made
   * with a gap of 0, and a few bytes too many otherwise.
   */
  conflicts(other: SnapshotDiff): ByteRange[] {
    const diff = this.#alive();
    const second = nativeDiff(other, 'other');
    return byteRanges(native(() => diff.conflicts(second)));
  }

  /**
   * The diff that leads back: made against what this one leads to, it changes everything to what the base of this one has. Its
   * base is no snapshot.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_NO_ORIGINALS` when the diff was made without; `ERR_PAGEFOLD_SIZE_MISMATCH` when
   * the memory has grown: no diff makes one shorter.
   */
  invert(): SnapshotDiff {
    const diff = this.#alive();
    return new SnapshotDiff(
      MADE_HERE,
      native(() => diff.invert()),
    );
  }

  /**
   * Merges the diff into `target`, which began as `base` and may have changed since: what is not as in the base counts as
   * changed by an earlier diff. All of it or nothing. Both may be the same array; then the base is copied first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_STALE_BASE` when `base` is not as long as that of the diff;
   * `ERR_PAGEFOLD_SIZE_MISMATCH` when `target` is shorter than the changed memory; `ERR_PAGEFOLD_MERGE_CONFLICT` and
   * `ERR_PAGEFOLD_PRODUCT_UNDEFINED` with `conflicts`; `ERR_PAGEFOLD_SHARED_MEMORY` for a target over shared memory.
   */
  applyTo(target: Uint8Array, base: Uint8Array): ApplyReport {
    const written = ownBytes(target, 'target');
    const original = stableBytes(base, 'base');
    const diff = this.#alive();
    return applyReport(native(() => diff.applyTo(written, original)));
  }

  /** Lets go of the bytes. Idempotent. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#native.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { base, origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals } = this;
      return { base, origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals };
    };
    const state = stateOf(#native in this, () => this.#disposed);
    return inspected('SnapshotDiff', state, properties, options, inspect);
  }

  /** Bytes that it holds, originals included. */
  get #ownByteLength(): number {
    return this.changedByteLength * (this.hasOriginals ? 2 : 1);
  }

  #alive(): NativeDiff {
    if (this.#disposed) throw new PagefoldError('ERR_PAGEFOLD_DISPOSED', 'the diff was disposed');
    return this.#native;
  }
}

/**
 * The native side of a diff that is not disposed.
 *
 * @internal
 */
export function nativeDiff(value: unknown, name = 'diff'): NativeDiff {
  if (!isDiff(value)) throw wrongType(value, name, 'a SnapshotDiff');
  return nativeOf(value);
}
