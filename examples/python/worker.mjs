/**
 * The thread that Python runs in. It runs one program at a time, resets, and
 * answers with both; `isolated-interpreter.mjs` is the other side.
 */

import { parentPort, workerData } from 'node:worker_threads';

import { InterpreterLost } from './interpreter-lost.mjs';
import { PythonInterpreter } from './interpreter.mjs';

/** @import { Outcome } from './program-runner.mjs' */
/** @import { ResetReport } from './interpreter.mjs' */

/**
 * @typedef {object} WorkerSettings
 * @property {SharedArrayBuffer} interrupt one byte, for Pyodide's setInterruptBuffer
 * @property {{ memoryByteLengthMax: number, outputByteLengthMax: number, fileByteLengthMax: number }} limits
 */

/** @typedef {{ kind: 'run', source: string } | { kind: 'abandon' }} Order */

/**
 * @typedef {{ kind: 'ready' }
 *   | { kind: 'ended', outcome: Outcome, reset: ResetReport, runMilliseconds: number }
 *   | { kind: 'lost', message: string }} Answer
 */

if (parentPort === null) throw new Error('this file is started as a worker');
const port = parentPort;
const { interrupt, limits } = /** @type {WorkerSettings} */ (workerData);
const interruptByte = new Uint8Array(interrupt);
const interpreter = await PythonInterpreter.load({ ...limits, interrupt: interruptByte });

/** @param {Answer} answer */
const answer = (answer) => port.postMessage(answer);

port.on('message', (/** @type {Order} */ order) => {
  if (order.kind === 'run') run(order.source);
  else interpreter.abandon();
});
answer({ kind: 'ready' });

/** @param {string} source */
async function run(source) {
  // An interrupt that came too late for the program before must not hit this one.
  Atomics.store(interruptByte, 0, 0);
  const started = performance.now();
  try {
    const outcome = await interpreter.run(source);
    const runMilliseconds = performance.now() - started;
    answer({ kind: 'ended', outcome, reset: interpreter.reset(), runMilliseconds });
  } catch (error) {
    if (!(error instanceof InterpreterLost)) throw error;
    answer({ kind: 'lost', message: error.message });
  }
}
