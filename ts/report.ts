import type { TrackerKind } from './tracker.ts';

/** What {@link MemoryView.reset} or {@link MemoryView.restore} did, and why. */
export interface ResetReport {
  /**
   * `copy-back`: the pages that may have changed were copied. `copy-all`: all pages were, without asking which had changed.
   * `release`: as many were copied as may stay private, the others were given back to the system. `remap`: the image was
   * mapped anew over everything.
   */
  readonly strategy: 'copy-back' | 'copy-all' | 'release' | 'remap';
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
  /** Pages that were given back to the system and show the baseline again, or zeros past its end. */
  readonly pagesReleased: number;
  /** Length of the view in bytes. */
  readonly byteLength: number;
  /** Time spent, without the call from JavaScript itself. */
  readonly microseconds: number;
}

/** In the order of the addon's numbers, as the reasons are. */
const STRATEGIES = ['copy-back', 'remap', 'copy-all', 'release'] as const;

const REASONS = [
  'the tracker reported these pages',
  'another baseline was taken',
  'the memory is at other addresses than before',
  'the tracker could not tell what had changed',
  'nearly all pages are written in every cycle, so that asking costs more than copying the rest',
  'more pages had changed than residentByteLength lets stay private',
] as const;

/** The only one of {@link REASONS} that has a detail. */
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
