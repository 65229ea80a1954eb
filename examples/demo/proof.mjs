/**
 * Before anything is timed: every program is shown to leave traces that the check
 * finds when nothing is put back, and to leave none when it is, neither to the check
 * nor in any byte of the memory.
 */

import { CheckFailed } from './check-failed.mjs';

/** @import { Comparable } from './keepers.mjs' */
/** @import { Lane } from './lane.mjs' */
/** @import { Program } from './programs.mjs' */

/**
 * @param {Lane<Comparable>} lane
 * @param {Program} program
 * @returns {Promise<string[]>} the kinds of traces that were found without a reset
 */
export async function prove(lane, program) {
  const where = `${lane.name}, ${program.name}`;

  await lane.run(program);
  const without = await lane.traces();
  const missed = program.traces.filter((trace) => !without.includes(trace));
  if (missed.length > 0)
    throw new CheckFailed(`${where}: without a reset, the check does not find: ${missed.join(', ')}`);

  await lane.reset();
  compareMemory(where, lane.keeper);
  const withReset = await lane.traces();
  if (withReset.length > 0) throw new CheckFailed(`${where}: after a reset, the check finds: ${withReset.join(', ')}`);
  await lane.reset();
  compareMemory(where, lane.keeper);
  return without;
}

/**
 * @param {string} where
 * @param {Comparable} keeper
 */
function compareMemory(where, keeper) {
  const baseline = keeper.baseline();
  const memory = Buffer.from(keeper.memory.buffer);
  if (!memory.subarray(0, baseline.length).equals(baseline)) {
    throw new CheckFailed(`${where}: after a reset, the memory differs from the baseline`);
  }
  const tail = memory.subarray(baseline.length);
  if (!tail.equals(Buffer.alloc(tail.length))) {
    throw new CheckFailed(`${where}: after a reset, memory that was grown is not zero`);
  }
}
