/** A thread of examples/piscina.mjs: a pool of Python interpreters, one of which runs each program that arrives. */

import { Snapshot } from 'pagefold';
import { workerData } from 'piscina';

import { createPythonPool } from '../python/pool.mjs';

/** @import { SnapshotTicket } from 'pagefold' */
/** @import { Outcome } from '../python/program-runner.mjs' */

/**
 * @typedef {object} Settings
 * @property {SnapshotTicket} ticket of the snapshot that all interpreters share their memory with
 * @property {number} hashSeed that of the main thread, without which there would be little to share
 * @property {number} interpreters how many there are to be in each thread
 */

const { ticket, hashSeed, interpreters } = /** @type {Settings} */ (workerData);

// One is put back while another one runs the next program.
const pool = await createPythonPool(
  { hashSeed },
  { size: interpreters, cleaner: 'background', like: Snapshot.attach(ticket) },
);
// All of them at once: after that no program waits for one to be loaded.
const leases = await Promise.all(Array.from({ length: interpreters }, () => pool.acquire()));
for (const lease of leases) lease.release();

/**
 * @param {string} source
 * @returns {Promise<Outcome & { ownByteLength: number }>} and how much of the interpreter's memory is its own
 */
export default function run(source) {
  return pool.run(async (interpreter, { view }) => {
    const outcome = await interpreter.run(source);
    return { ...outcome, ownByteLength: view.residency().privateByteLength };
  });
}
