import process from 'node:process';

import { checkBytes, checkChoice, checkOptions } from './check.ts';
import { TRACKER_CHOICES, type TrackerChoice } from './tracker.ts';

/** Options of a new {@link MemoryView}. */
export interface ViewOptions {
  /**
   * How changed pages are found.
   *
   * @default the environment variable `PAGEFOLD_TRACKER`, else 'auto'
   */
  tracker?: TrackerChoice | undefined;
  /**
   * Bytes that may stay private to this memory after a reset, in whole pages. Pages beyond that are given back to the
   * system, those that are written in every cycle last; the next write to one costs about 2 µs more.
   *
   * @default no limit
   */
  residentByteLength?: number | undefined;
  /**
   * Private bytes that {@link MemoryView.trim} leaves, unless it is told otherwise.
   *
   * @default 0
   */
  idleByteLength?: number | undefined;
  /**
   * Whether a reset is checked against the baseline before it is reported as done. `sample`: 64 pages, others each time,
   * about 10 µs. `always`: every page, about 0.2 µs each; for tests. A difference is `ERR_PAGEFOLD_VERIFY`.
   *
   * @default 'never'
   */
  verify?: 'never' | 'sample' | 'always' | undefined;
}

/** @internal */
export interface CheckedViewOptions {
  readonly tracker: TrackerChoice;
  readonly residentByteLength: number | undefined;
  readonly idleByteLength: number;
  readonly verify: 'never' | 'sample' | 'always';
}

/**
 * Reads every option once, and checks it.
 *
 * @internal
 */
export function checkViewOptions(options: ViewOptions | undefined): CheckedViewOptions {
  const { tracker, residentByteLength, idleByteLength, verify = 'never' } = checkOptions(options);
  return {
    tracker: checkChoice(tracker ?? (process.env['PAGEFOLD_TRACKER'] || 'auto'), 'tracker', TRACKER_CHOICES),
    residentByteLength:
      residentByteLength === undefined ? undefined : checkBytes(residentByteLength, 'residentByteLength'),
    idleByteLength: idleByteLength === undefined ? 0 : checkBytes(idleByteLength, 'idleByteLength'),
    verify: checkChoice(verify, 'verify', ['never', 'sample', 'always']),
  };
}
