import type { TrackerKind } from './tracker.ts';

/** What {@link MemoryView.reset} or {@link MemoryView.restore} did, and why. */
export interface ResetReport {
  /** `copy-back`: the pages that may have changed were copied. `remap`: the image was mapped anew over everything. */
  readonly strategy: 'copy-back' | 'remap';
  /** Why, in words. */
  readonly reason: string;
  /** The tracker in use. */
  readonly tracker: TrackerKind;
  /** Pages that were asked about. */
  readonly pagesScanned: number;
  /** Pages that may have differed: an upper bound. {@link MemoryView.dirty}, called before, gives the exact number. */
  readonly pagesDirty: number;
  /** Pages whose contents were put back. */
  readonly pagesRestored: number;
  /** Pages past the end of the baseline that were given back to the system and are zero again. */
  readonly pagesReleased: number;
  /** Length of the view in bytes. */
  readonly byteLength: number;
  /** Time spent, without the call from JavaScript itself. */
  readonly microseconds: number;
}

/** A run of whole pages, in bytes. */
export interface DirtyRange {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The pages that differ from the baseline. */
export interface DirtyReport {
  /** How many pages. */
  readonly pageCount: number;
  /** The same in bytes. */
  readonly byteLength: number;
  /** Them, ascending; neighbours are joined. */
  readonly ranges: readonly DirtyRange[];
  /**
   * `false` when the tracker could not tell, and every page is reported. Never the other way round: a page that is not
   * reported is equal to the baseline.
   */
  readonly exact: boolean;
  /** Why it could not tell. */
  readonly reason?: string;
}

/** How much memory stands behind a view, in whole pages: a region's last page may be used in part. */
export interface ResidencyReport {
  /** Length of the view in bytes. Untouched pages are part of it and take no memory. */
  readonly byteLength: number;
  /**
   * In memory: `privateByteLength + sharedByteLength`. Pages of zeros that were only read take none, where the kernel
   * tells them apart (Linux 6.7; before, they count as private).
   */
  readonly residentByteLength: number;
  /** Of these, pages that this memory alone has: it has written to them since it took its baseline. */
  readonly privateByteLength: number;
  /** Of these, pages of the snapshot, which all memories with that baseline share. */
  readonly sharedByteLength: number;
  /** Swapped out: 0 where there is no swap, else at most so much. */
  readonly swappedByteLength: number;
}

const STRATEGIES = ['copy-back', 'remap'] as const;

const REASONS = [
  'the tracker reported these pages',
  'another baseline was taken',
  'the memory is at other addresses than before',
  'the tracker could not tell what had changed',
] as const;

/** The last of {@link REASONS}: the only one that has a detail. */
const TRACKING_LOST = 3;

/**
 * An array for the addon to fill. Its buffer lies outside the engine's heap, so that nothing moves it.
 *
 * @internal
 */
export function reportSlots(): Float64Array<ArrayBuffer> {
  return new Float64Array(new ArrayBuffer(7 * Float64Array.BYTES_PER_ELEMENT));
}

/**
 * Reads what the addon has filled in.
 *
 * @internal
 */
export function readReport(
  slots: Float64Array,
  tracker: TrackerKind,
  byteLength: number,
  detail: () => string | null,
): ResetReport {
  const at = (index: number): number => slots[index] ?? 0;
  const reason = REASONS[at(1)] ?? REASONS[TRACKING_LOST];
  return {
    strategy: STRATEGIES[at(0)] ?? 'remap',
    reason: at(1) === TRACKING_LOST ? `${reason}: ${detail() ?? 'no detail'}` : reason,
    tracker,
    pagesScanned: at(2),
    pagesDirty: at(3),
    pagesRestored: at(4),
    pagesReleased: at(5),
    byteLength,
    microseconds: at(6),
  };
}
