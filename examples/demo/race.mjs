/**
 * Serves the same requests in both lanes, alternating, so that whatever disturbs the
 * machine disturbs both. The heap is made to grow in the last tenth only: a larger
 * heap makes copying dearer, and should not decide the comparison.
 */

/** @import { ComparableKeeper } from './keepers.mjs' */
/** @import { Lane, Times } from './lane.mjs' */
/** @import { Program, Programs } from './programs.mjs' */

/** @typedef {{ times: Times[], heapByteLength: number }} Leg */

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
 * @param {readonly Lane<ComparableKeeper>[]} lanes
 * @param {Program[]} requests
 * @param {() => void} onServed
 * @returns {Promise<Leg[]>} one for each lane
 */
export async function race(lanes, requests, onServed) {
  const times = lanes.map(() => /** @type {Times[]} */ ([]));
  for (const [index, program] of requests.entries()) {
    const order = index % 2 === 0 ? lanes.keys() : [...lanes.keys()].toReversed();
    for (const place of order) {
      const lane = /** @type {Lane<ComparableKeeper>} */ (lanes[place]);
      times[place]?.push(await lane.serve(program));
    }
    onServed();
  }
  return lanes.map((lane, place) => ({
    times: times[place] ?? [],
    heapByteLength: lane.keeper.memory.buffer.byteLength,
  }));
}
