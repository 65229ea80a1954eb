import { checkBytes, checkOptions, wrongType } from './check.ts';
import { pageByteLength, pagesIn } from './page.ts';
import { checkPages } from './page-range.ts';

/** Where {@link MemoryView.map} puts pages of a region, and which. */
export interface MapOptions {
  /** First byte in the view, a multiple of the page size. */
  byteOffset: number;
  /**
   * First byte in the region, a multiple of the page size.
   *
   * @default 0
   */
  regionOffset?: number | undefined;
  /**
   * Length in bytes, a multiple of the page size unless it reaches the end of the region; that page is mapped whole.
   *
   * @default up to the end of the region
   */
  byteLength?: number | undefined;
}

/** Options of {@link MemoryView.discard}. */
export interface DiscardOptions {
  /**
   * What the pages hold afterwards: zeros, or what the baseline has there.
   *
   * @default 'zero'
   */
  contents?: 'zero' | 'baseline' | undefined;
}

/** What {@link MemoryView.trim} did. */
export interface TrimReport {
  /** Pages that were given back to the system. */
  readonly pagesReleased: number;
  /** Bytes that are still private to this memory. */
  readonly privateByteLength: number;
}

/** What {@link MemoryView.prefault} did. */
export interface PrefaultReport {
  /** Pages that were made ready. */
  readonly pageCount: number;
}

/** Options of {@link MemoryView.reset}. */
export interface ResetOptions {
  /**
   * Whether bytes that the merge rules of the baseline ignore stay as they are: scratch space of threads, for example.
   *
   * @default false
   */
  keepIgnored?: boolean | undefined;
}

/** Where pages of a region go, in bytes: whole pages of the view. */
interface Place {
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly regionOffset: number;
}

/**
 * Reads every option once, and checks it; what comes back tells where the pages go, once the lengths of region and view are
 * known.
 *
 * @internal
 */
export function checkMapOptions(options: MapOptions | undefined): (available: number, total: number) => Place {
  const { byteOffset: at, regionOffset: from = 0, byteLength: wanted } = checkOptions(options);
  const byteOffset = checkBytes(at, 'byteOffset');
  const regionOffset = checkBytes(from, 'regionOffset');
  const length = wanted === undefined ? undefined : checkBytes(wanted, 'byteLength', 1);
  return (available, total) => {
    const inRegion = length ?? Math.max(1, available - regionOffset);
    checkPages(regionOffset, inRegion, available, 'region');
    const byteLength = pagesIn(inRegion + pageByteLength() - 1) * pageByteLength();
    checkPages(byteOffset, byteLength, total, 'view');
    return { byteOffset, byteLength, regionOffset };
  };
}

/** @internal */
export function checkResetOptions(options: ResetOptions | undefined): boolean {
  const { keepIgnored = false } = checkOptions(options);
  if (typeof keepIgnored !== 'boolean') throw wrongType(keepIgnored, 'keepIgnored', 'a boolean');
  return keepIgnored;
}
