/** Bursts of fast subjects are many cycles long, those of slow ones a few. */
const BURST_MICROSECONDS = 4000;
const CYCLES_MAX = 512;

/** Whoever watches pages again does so every so many cycles at most: whole multiples have the same share of it. */
const CYCLES_PER_ARMING = 32;

/** How many cycles a burst should have when one takes so long. */
export function cyclesOf(microseconds: number, { arms }: { arms: boolean }): number {
  const wanted = Math.min(CYCLES_MAX, BURST_MICROSECONDS / microseconds);
  if (!arms) return Math.max(2, Math.round(wanted));
  return Math.max(1, Math.round(wanted / CYCLES_PER_ARMING)) * CYCLES_PER_ARMING;
}

/** How often a burst is done at most, if it is not longer than a process is left alone for on a busy machine. */
export const TRIES = 5;
export const WORTH_TRYING_MICROSECONDS = 8000;
