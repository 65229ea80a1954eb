import process from 'node:process';

/**
 * A way of finding changed pages.
 *
 * - `uffd-wp`: the kernel records writes (Linux 6.7, userfaultfd allowed). Exact, about 1 ns for a clean page.
 * - `cow-private`: asks which pages left the shared image (Linux 6.7). About 30 ns a resident page.
 * - `pagemap-read`: the same for kernels before 6.7, asked page by page. About 24 ns a page, resident or not.
 * - `compare`: compares with the image. Needs nothing; reads everything.
 */
export type TrackerKind = 'uffd-wp' | 'cow-private' | 'pagemap-read' | 'compare';

/** A tracker by name, which is used or refused, or `auto`: the best that works here. */
export type TrackerChoice = TrackerKind | 'auto';

/** A better tracker that cannot be used, and why. */
export interface RejectedTracker {
  readonly tracker: TrackerKind;
  readonly reason: string;
}

/** @internal */
export const TRACKER_CHOICES: readonly TrackerChoice[] = ['auto', 'uffd-wp', 'cow-private', 'pagemap-read', 'compare'];

/**
 * Trackers that the environment forbids: `PAGEFOLD_DISABLE=uffd-wp,cow-private`. For tests and for systems on which a
 * tracker misbehaves.
 *
 * @internal
 */
export function disabledTrackers(): string[] {
  const names = process.env['PAGEFOLD_DISABLE'] ?? '';
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
