/**
 * The thread that Python runs in. It runs one program at a time, answers, and then
 * resets; `isolated-interpreter.mjs` is the other side.
 */

import { parentPort, workerData } from 'node:worker_threads';

import { Snapshot } from 'pagefold';

import { InterpreterLost } from './interpreter-lost.mjs';
import { PooledInterpreter } from './pooled-interpreter.mjs';

/** @import { SnapshotTicket } from 'pagefold' */
/** @import { Outcome } from './program-runner.mjs' */
/** @import { ResetReport } from './interpreter.mjs' */

/**
 * @typedef {object} WorkerSettings
 * @property {SharedArrayBuffer} interrupt one byte, for Pyodide's setInterruptBuffer
 * @property {{ memoryByteLengthMax: number, outputByteLengthMax: number, fileByteLengthMax: number }} limits
 * @property {number} hashSeed the same in all threads, so that their interpreters have their memory in common
 * @property {SnapshotTicket | undefined} like of an interpreter whose pages this one shares
 * @property {boolean} resets `false`: never; programs find what earlier ones have left
 */

/** @typedef {{ kind: 'run', source: string } | { kind: 'abandon' }} Order */

/**
 * @typedef {{ kind: 'ready', ticket: SnapshotTicket }
 *   | { kind: 'ended', outcome: Outcome, runMilliseconds: number }
 *   | { kind: 'clean', reset: ResetReport | undefined }
 *   | { kind: 'lost', message: string }} Answer
 */

if (parentPort === null) throw new Error('this file is started as a worker');
const port = parentPort;
const { interrupt, limits, hashSeed, like, resets } = /** @type {WorkerSettings} */ (workerData);
const interruptByte = new Uint8Array(interrupt);
const shared = like === undefined ? undefined : Snapshot.attach(like);
const interpreter = await PooledInterpreter.open({ ...limits, hashSeed, interrupt: interruptByte }, { like: shared });
shared?.dispose();

/** @param {Answer} answer */
const answer = (answer) => port.postMessage(answer);

port.on('message', (/** @type {Order} */ order) => {
  if (order.kind === 'run') run(order.source);
  else interpreter.abandon();
});
answer({ kind: 'ready', ticket: interpreter.snapshot.share() });

/** @param {string} source */
async function run(source) {
  // An interrupt that came too late for the program before must not hit this one.
  Atomics.store(interruptByte, 0, 0);
  const started = performance.now();
  try {
    const outcome = await interpreter.run(source);
    answer({ kind: 'ended', outcome, runMilliseconds: performance.now() - started });
  } catch (error) {
    if (!(error instanceof InterpreterLost)) throw error;
    // The other side ends this thread.
    return answer({ kind: 'lost', message: error.message });
  }
  answer({ kind: 'clean', reset: resets ? await interpreter.reset() : undefined });
}
