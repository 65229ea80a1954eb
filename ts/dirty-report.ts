import type { InspectOptionsStylized } from 'node:util';

import { wrongType } from './check.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';

/** Options of {@link MemoryView.dirty}. */
export interface DirtyOptions {
  /**
   * Tells what has changed since the last such call, or since the last reset, and forgets it in the same step: what is
   * written meanwhile is in this report or in the next one. A reset still puts all of it back. A tracker that cannot
   * forget reports the same pages again, and says so.
   *
   * @default false
   */
  rearm?: boolean | undefined;
}

/** A run of whole pages, in bytes. */
export interface DirtyRange {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Pages that have changed. Iterating over it, or `forEach`, makes no array of its ranges. */
export interface DirtyReport extends Iterable<DirtyRange> {
  /** How many pages. */
  readonly pageCount: number;
  /** The same in bytes. */
  readonly byteLength: number;
  /** How many ranges. */
  readonly rangeCount: number;
  /** Them, ascending; neighbours are joined. Made when first read. */
  readonly ranges: readonly DirtyRange[];
  /**
   * `false` when the tracker could not tell, and more pages are reported than have changed: all of them, or some again.
   * Never the other way round: a page that is not reported has not changed.
   */
  readonly exact: boolean;
  /** Why it could not tell. */
  readonly reason?: string;
  /** Calls `visit` for each range, ascending. Makes no objects. */
  forEach(visit: (byteOffset: number, byteLength: number) => void): void;
}

/** Ranges that are printed. */
const SHOWN_MAX = 20;

/**
 * A report over the runs that the addon has found: first page and page count of each, alternating.
 *
 * @internal
 */
export class DirtyPages implements DirtyReport {
  readonly pageCount: number;
  readonly byteLength: number;
  readonly rangeCount: number;
  readonly exact: boolean;
  declare readonly reason?: string;
  readonly #runs: Float64Array;
  readonly #page: number;
  readonly #end: number;
  #ranges: readonly DirtyRange[] | undefined;

  /** `end` is the length of the memory, `page` that of a page. The last page of a region may be used in part. */
  constructor(pageCount: number, runs: Float64Array, lost: string | null | undefined, page: number, end: number) {
    const last = runs.length - 2;
    const lastEnd = last < 0 ? 0 : ((runs[last] ?? 0) + (runs[last + 1] ?? 0)) * page;
    this.pageCount = pageCount;
    this.byteLength = pageCount * page - Math.max(0, lastEnd - end);
    this.rangeCount = runs.length / 2;
    this.exact = lost == null;
    if (lost != null) this.reason = lost;
    this.#runs = runs;
    this.#page = page;
    this.#end = end;
  }

  get ranges(): readonly DirtyRange[] {
    this.#ranges ??= [...this];
    return this.#ranges;
  }

  forEach(visit: (byteOffset: number, byteLength: number) => void): void {
    if (typeof visit !== 'function') throw wrongType(visit, 'visit', 'a function');
    for (let index = 0; index < this.rangeCount; index += 1) visit(this.#start(index), this.#length(index));
  }

  *[Symbol.iterator](): Generator<DirtyRange, void, undefined> {
    for (let index = 0; index < this.rangeCount; index += 1) {
      yield { byteOffset: this.#start(index), byteLength: this.#length(index) };
    }
  }

  /** @internal */
  toJSON(): object {
    const { pageCount, byteLength, ranges, exact, reason } = this;
    return { pageCount, byteLength, ranges, exact, reason };
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { pageCount, byteLength, rangeCount, exact, reason } = this;
      const ranges: unknown[] = [];
      for (const range of this) {
        if (ranges.length === SHOWN_MAX) break;
        ranges.push(range);
      }
      if (rangeCount > SHOWN_MAX) ranges.push(`and ${rangeCount - SHOWN_MAX} more`);
      return { pageCount, byteLength, ranges, exact, ...(reason !== undefined && { reason }) };
    };
    return inspected(
      'DirtyReport',
      stateOf(#runs in this, () => false),
      properties,
      options,
      inspect,
    );
  }

  #start(index: number): number {
    return (this.#runs[2 * index] ?? 0) * this.#page;
  }

  #length(index: number): number {
    const start = this.#start(index);
    return Math.min(start + (this.#runs[2 * index + 1] ?? 0) * this.#page, this.#end) - start;
  }
}
