import { PagefoldError } from './errors.ts';

/** A range that a view tracks, within its memory. @internal */
export interface TrackedRange {
  readonly byteOffset: number;
  /** Infinity for a view that follows the growth of its memory. */
  readonly byteEnd: number;
}

/** Which ranges of each memory or region are tracked. Holds neither the memories nor the views. */
const tracked = new WeakMap<object, Set<TrackedRange>>();

/** Gives back the range of a view that was collected without having been disposed. */
const abandoned = new FinalizationRegistry<{ ranges: Set<TrackedRange>; range: TrackedRange }>(({ ranges, range }) =>
  ranges.delete(range),
);

/**
 * Refuses a second view over the same bytes. Both would stay correct, but each would undo the other's tracking, and
 * every reset would restore everything.
 *
 * @internal
 */
export function checkUntracked(memory: object, range: TrackedRange): void {
  for (const other of tracked.get(memory) ?? []) {
    if (range.byteOffset < other.byteEnd && other.byteOffset < range.byteEnd) {
      throw new PagefoldError(
        'ERR_PAGEFOLD_BUSY',
        'another MemoryView tracks these bytes already; use that one, or dispose it first',
      );
    }
  }
}

/**
 * Notes that `view` tracks a range.
 *
 * @internal
 */
export function track(memory: object, range: TrackedRange, view: object): void {
  let ranges = tracked.get(memory);
  if (ranges === undefined) tracked.set(memory, (ranges = new Set()));
  ranges.add(range);
  abandoned.register(view, { ranges, range }, range);
}

/**
 * Notes that nobody does any longer.
 *
 * @internal
 */
export function untrack(memory: object, range: TrackedRange): void {
  tracked.get(memory)?.delete(range);
  abandoned.unregister(range);
}
