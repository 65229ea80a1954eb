import type { NativeResidency } from '../native/index.cjs';
import { pageByteLength } from './page.ts';
import type { TrackerKind } from './tracker.ts';

/** What {@link MemoryView.reset} or {@link MemoryView.restore} did, and why. */
export interface ResetReport {
  /**
   * `copy-back`: the pages that may have changed were copied. `copy-all`: all pages were, without asking which had changed.
   * `release`: as many were copied as may stay private, the others were given back to the system. `remap`: the image was
   * mapped anew over everything. `forward`: the pages that differ between two versions of the snapshot were copied or mapped, the
   * others that may have changed were copied.
   */
  readonly strategy: 'copy-back' | 'copy-all' | 'release' | 'remap' | 'forward';
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

/**
 * Pages, as the addon counts them, in bytes.
 *
 * @internal
 */
export function residencyReport(byteLength: number, pages: NativeResidency): ResidencyReport {
  const page = pageByteLength();
  return {
    byteLength,
    residentByteLength: pages.resident * page,
    privateByteLength: pages.private * page,
    sharedByteLength: pages.shared * page,
    swappedByteLength: pages.swapped * page,
  };
}

/** In the order of the addon's numbers, as the reasons are. */
const STRATEGIES = ['copy-back', 'remap', 'copy-all', 'release', 'forward'] as const;

const REASONS = [
  'the tracker reported these pages',
  'another baseline was taken',
  'the memory is at other addresses than before',
  // Tracking was lost, see below.
  undefined,
  'nearly all pages are written in every cycle, so that asking costs more than copying the rest',
  'more pages had changed than residentByteLength lets stay private',
  'the snapshot has a later version than the memory showed',
] as const;

/** What the addon writes: strategy, reason, pages scanned, dirty, restored and released, microseconds. It reads the last. */
type Numbers = Float64Array & Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7, number>;

/** Length of the view. */
const BYTE_LENGTH = 7;

/**
 * Numbers that the addon reads and writes in place: a number that is passed costs a call, an object costs ten.
 *
 * @internal
 */
export class ReportSlots {
  /** For the addon. Lies outside the engine's heap, so that nothing moves it. */
  readonly buffer: ArrayBuffer = new ArrayBuffer((BYTE_LENGTH + 1) * Float64Array.BYTES_PER_ELEMENT);
  readonly #numbers = new Float64Array(this.buffer) as Numbers;

  /** Before the call: how long the view is. */
  setByteLength(byteLength: number): void {
    this.#numbers[BYTE_LENGTH] = byteLength;
  }

  /**
   * After the call: what it did. `view` is asked for what is not a number, in the rare case that there is any. In few
   * steps, because few programs reset so often that the engine compiles this.
   */
  read(tracker: TrackerKind, view: { detail(): string | null; tracker(): string }): ResetReport {
    const numbers = this.#numbers;
    const strategy = STRATEGIES[numbers[0]] ?? 'remap';
    return {
      strategy,
      reason: REASONS[numbers[1]] ?? trackingLost(view),
      // Only mapping anew can change it.
      tracker: strategy === 'remap' ? (view.tracker() as TrackerKind) : tracker,
      pagesScanned: numbers[2],
      pagesDirty: numbers[3],
      pagesRestored: numbers[4],
      pagesReleased: numbers[5],
      byteLength: numbers[BYTE_LENGTH],
      microseconds: numbers[6],
    };
  }
}

function trackingLost(view: { detail(): string | null }): string {
  return `the tracker could not tell what had changed: ${view.detail() ?? 'no detail'}`;
}
