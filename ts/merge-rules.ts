import type { InspectOptionsStylized } from 'node:util';

import type { NativeRules } from '../native/index.cjs';
import { binding } from './binding.ts';
import { checkBytes, checkChoice, checkOptions, wrongType } from './check.ts';
import { native, PagefoldError } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { MADE_HERE, type MadeHere } from './made-here.ts';
import {
  checkMergeRegion,
  ELEMENT_TYPES,
  MERGE_OPERATIONS,
  type MergeCoverage,
  type MergeOperation,
  type DeclaredMergeRegion,
  type MergeRegion,
} from './merge-region.ts';

/** Options of new {@link MergeRules}. */
export interface MergeRulesOptions {
  /**
   * How single bytes outside of regions are merged: what is legal for `raw`.
   *
   * @default 'overwrite'
   */
  gap?: MergeOperation | undefined;
  /**
   * The longest that a memory may be, in bytes, which is what regions to the `'end'` reach.
   *
   * @default 2 ** 32
   */
  maxByteLength?: number | undefined;
}

/** {@link MergeRules} as plain data: what `JSON.stringify` makes of them, and {@link MergeRules.fromJSON} reads. */
export interface MergeRulesJSON {
  readonly regions: readonly DeclaredMergeRegion[];
  readonly gap: MergeOperation;
  readonly maxByteLength: number;
}

const MAX_BYTE_LENGTH = 2 ** 32;
/** Declaring takes longer with each region that there is already. */
const REGIONS_MAX = 65_536;
/** Printed regions. */
const SHOWN_MAX = 20;

/** The native side of rules; set by the class, which alone can see it. */
let nativeOf: (rules: MergeRules) => NativeRules;
let isRules: (value: unknown) => value is MergeRules;

/**
 * How the changes of several memories to one state are merged: typed regions, each with an operation, and what holds in the
 * gaps between them. Immutable; every region is checked when the rules are made. The order of the regions never matters.
 *
 * @example
 * const rules = new MergeRules([
 *   { byteOffset: 1024, count: 100, type: 'i32', operation: 'sum' },      // counters: all increments count
 *   { byteOffset: 4096, byteLength: 8192, type: 'raw', operation: 'ignore' }, // scratch space: never merged
 * ]);
 */
export class MergeRules {
  readonly #native: NativeRules;
  #regions: readonly DeclaredMergeRegion[] | undefined;

  /**
   * At most 65,536 regions.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_ILLEGAL_REGION` for an operation that the type does not have, a length that is zero or
   * no multiple of the width, an end past `maxByteLength`, or a region to be ignored that cuts an element in two;
   * `ERR_PAGEFOLD_REGION_OVERLAP` when two regions overlap and neither is to be ignored; `ERR_PAGEFOLD_OUT_OF_RANGE` and
   * `ERR_PAGEFOLD_INVALID_ARGUMENT` for numbers and words that are none.
   */
  constructor(regions?: Iterable<MergeRegion>, options?: MergeRulesOptions);
  /** @internal */
  constructor(made: MadeHere, rules: NativeRules);
  constructor(
    regions: Iterable<MergeRegion> | MadeHere = [],
    options: MergeRulesOptions | NativeRules | undefined = undefined,
  ) {
    // Nobody else has this symbol, and who has it passes rules.
    if (regions === MADE_HERE) {
      this.#native = options as NativeRules;
      return;
    }
    const declared = checkRegions(regions);
    const { gap = 'overwrite', maxByteLength = MAX_BYTE_LENGTH } = checkOptions(options as MergeRulesOptions);
    const checkedGap = checkChoice(gap, 'gap', MERGE_OPERATIONS);
    const checkedMax = checkBytes(maxByteLength, 'maxByteLength', 1);
    const { NativeRules } = binding();
    this.#native = native(() => new NativeRules(checkedMax, checkedGap, declared.map(toNative)));
  }

  static {
    isRules = (value): value is MergeRules => typeof value === 'object' && value !== null && #native in value;
    nativeOf = (rules) => rules.#native;
  }

  /**
   * Rules from what {@link MergeRules.toJSON} gave, checked as in the constructor.
   *
   * @throws {PagefoldError} as the constructor does.
   */
  static fromJSON(value: MergeRulesJSON): MergeRules {
    if (value === undefined) throw wrongType(value, 'value', 'an object');
    const { regions, gap, maxByteLength } = checkOptions(value, 'value');
    return new MergeRules(regions, { gap, maxByteLength });
  }

  /** What was declared, ascending by offset. */
  get regions(): readonly DeclaredMergeRegion[] {
    this.#regions ??= Object.freeze(
      native(() => this.#native.regions()).map(({ byteOffset, byteLength, element, operation }) =>
        Object.freeze({ byteOffset, byteLength: byteLength ?? 'end', type: element, operation } as DeclaredMergeRegion),
      ),
    );
    return this.#regions;
  }

  /** How single bytes outside of regions are merged. */
  get gap(): MergeOperation {
    return native(() => this.#native.gap()) as MergeOperation;
  }

  /** The longest that a memory may be, in bytes. */
  get maxByteLength(): number {
    return native(() => this.#native.maxByteLength());
  }

  /**
   * What holds for each byte of a range, gaps and ignored ranges included: ascending stretches without holes between them. None
   * crosses the border of a region; the range may cut elements.
   *
   * @param byteLength up to `maxByteLength` by default, where it ends in any case
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` when it is no range of bytes.
   */
  coverage(byteOffset = 0, byteLength?: number): MergeCoverage[] {
    const { maxByteLength } = this;
    const start = checkBytes(byteOffset, 'byteOffset');
    const length = byteLength === undefined ? maxByteLength : checkBytes(byteLength, 'byteLength');
    const end = Math.min(start + length, maxByteLength);
    const numbers = native(() => this.#native.coverage(start, end));
    return Array.from({ length: numbers.length / 4 }, (_, index): MergeCoverage => {
      const [byteOffset = 0, byteLength = 0, type = 0, operation = 0] = numbers.subarray(4 * index, 4 * index + 4);
      return {
        byteOffset,
        byteLength,
        type: ELEMENT_TYPES[type] ?? 'raw',
        operation: MERGE_OPERATIONS[operation] ?? 'overwrite',
      };
    });
  }

  /**
   * Whether both have the same regions, gap and maximum, whatever order they were declared in.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_INVALID_ARGUMENT` when `other` are no rules.
   */
  equals(other: MergeRules): boolean {
    const compared = nativeRules(other, 'other');
    return native(() => this.#native.equals(compared));
  }

  /** Plain data that {@link MergeRules.fromJSON} reads, for `JSON.stringify` and messages to workers. */
  toJSON(): MergeRulesJSON {
    const { regions, gap, maxByteLength } = this;
    return { regions, gap, maxByteLength };
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { regions, gap, maxByteLength } = this;
      const shown: unknown[] = regions.slice(0, SHOWN_MAX);
      if (regions.length > SHOWN_MAX) shown.push(`and ${regions.length - SHOWN_MAX} more`);
      return { regions: shown, gap, maxByteLength };
    };
    const state = stateOf(#native in this, () => false);
    return inspected('MergeRules', state, properties, options, inspect);
  }
}

/**
 * The native side of rules.
 *
 * @internal
 */
export function nativeRules(value: unknown, name = 'rules'): NativeRules {
  if (!isRules(value)) throw wrongType(value, name, 'MergeRules');
  return nativeOf(value);
}

function checkRegions(regions: unknown): DeclaredMergeRegion[] {
  if (typeof regions !== 'object' || regions === null || !isIterable(regions)) {
    throw wrongType(regions, 'regions', 'an iterable of merge regions');
  }
  const checked: DeclaredMergeRegion[] = [];
  for (const region of regions) {
    if (checked.length === REGIONS_MAX) {
      throw new PagefoldError('ERR_PAGEFOLD_OUT_OF_RANGE', `there can be ${REGIONS_MAX} regions, and there are more`);
    }
    checked.push(checkMergeRegion(region, `regions[${checked.length}]`));
  }
  return checked;
}

function isIterable(value: object): value is Iterable<MergeRegion> {
  return typeof (value as Partial<Iterable<MergeRegion>>)[Symbol.iterator] === 'function';
}

function toNative({ byteOffset, byteLength, type: element, operation }: DeclaredMergeRegion): object & {
  byteOffset: number;
  byteLength?: number;
  element: string;
  operation: string;
} {
  return byteLength === 'end' ? { byteOffset, element, operation } : { byteOffset, byteLength, element, operation };
}
