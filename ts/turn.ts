import { setImmediate, setTimeout } from 'node:timers';

/** Turns that follow each other at once. */
const QUICK_TURNS = 16;
/** Between later ones: engines sweep on other threads, which need time more than turns. */
const PAUSE_MS = 5;

/**
 * Calls `then` in a later turn of the event loop, the `count`-th that is waited for.
 *
 * @internal
 * @param keepsAlive whether the process is to wait for it
 */
export function inLaterTurn(count: number, keepsAlive: boolean, then: () => void): void {
  const timer = count < QUICK_TURNS ? setImmediate(then) : setTimeout(then, PAUSE_MS);
  if (!keepsAlive) timer.unref();
}
