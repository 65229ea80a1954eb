import { debugs } from './debug.ts';

/** What can be entered into the performance timeline. @internal */
export type MeasureName = 'pagefold:snapshot' | 'pagefold:reset' | 'pagefold:lease';

/** So many stay in the timeline at most; then all of ours are taken out, because nobody else bounds it. */
const MEASURES_MAX = 8192;

/**
 * Whether operations are entered. `undefined` until {@link measuring} is asked first, which reads the environment: to be
 * imported, pagefold needs no permission to do that.
 *
 * @internal
 */
export const measures: { enabled: boolean | undefined } = { enabled: undefined };

let entered = 0;

/**
 * Whether operations are entered into the performance timeline.
 *
 * @internal
 */
export function measuring(): boolean {
  return (measures.enabled ??= debugs('measures'));
}

/**
 * Enters an operation that ends now into the performance timeline. Observers of `measure` entries are told.
 *
 * @internal
 * @param detail plain data: the timeline keeps a clone of it
 */
export function measure(name: MeasureName, microseconds: number, detail: object): void {
  if (entered >= MEASURES_MAX) clearMeasures();
  entered += 1;
  const end = performance.now();
  performance.measure(name, { start: Math.max(0, end - microseconds / 1000), end, detail });
}

function clearMeasures(): void {
  entered = 0;
  const names: readonly MeasureName[] = ['pagefold:snapshot', 'pagefold:reset', 'pagefold:lease'];
  for (const name of names) performance.clearMeasures(name);
}
