/**
 * Serves the same requests in both lanes, in alternating bursts, so that whatever disturbs the machine disturbs both.
 * Bursts, because a server has one way to put the memory back: alternating at each request, the copies of one lane would
 * sweep the processor's caches for the other. The heap is made to grow in the last tenth only: a larger heap makes copying
 * dearer, and should not decide the comparison.
 */

/** @import { Comparable } from './keepers.mjs' */
/** @import { Lane, Times } from './lane.mjs' */
/** @import { Program, Programs } from './programs.mjs' */

/** @typedef {{ times: Times[], heapByteLength: number }} Leg */

/** How many requests a lane serves at a time. */
const BURST = 15;

/**
 * @param {Programs} programs
 * @param {number} count
 * @returns {{ beforeGrowth: Program[], afterGrowth: Program[] }}
 */
export function planRequests({ ordinary, growing }, count) {
  const programAt = (/** @type {number} */ index) => /** @type {Program} */ (ordinary[index % ordinary.length]);
  const withGrowth = [growing, ...ordinary];
  const afterCount = Math.max(withGrowth.length, Math.round(count / 10));
  return {
    beforeGrowth: Array.from({ length: count - afterCount }, (_, index) => programAt(index)),
    afterGrowth: Array.from(
      { length: afterCount },
      (_, index) => /** @type {Program} */ (withGrowth[index % withGrowth.length]),
    ),
  };
}

/**
 * @param {readonly Lane<Comparable>[]} lanes
 * @param {Program[]} requests
 * @param {() => void} onServed
 * @returns {Promise<Leg[]>} one for each lane
 */
export async function race(lanes, requests, onServed) {
  const times = lanes.map(() => /** @type {Times[]} */ ([]));
  for (let first = 0; first < requests.length; first += BURST) {
    const burst = requests.slice(first, first + BURST);
    const order = (first / BURST) % 2 === 0 ? lanes.keys() : [...lanes.keys()].toReversed();
    for (const place of order) {
      const lane = /** @type {Lane<Comparable>} */ (lanes[place]);
      for (const program of burst) times[place]?.push(await lane.serve(program));
    }
    for (const _ of burst) onServed();
  }
  return lanes.map((lane, place) => ({
    times: times[place] ?? [],
    heapByteLength: lane.keeper.memory.buffer.byteLength,
  }));
}
