import { Worker } from 'node:worker_threads';

const PARKED = 0;
const CALLED = 1;
const SPINNING = 2;

/** Spins while it is told to, sleeps otherwise. Plain JavaScript, because a worker cannot be given a function. */
const PROGRAM = `
  const state = require('node:worker_threads').workerData;
  for (;;) {
    Atomics.wait(state, 0, ${PARKED});
    Atomics.compareExchange(state, 0, ${CALLED}, ${SPINNING});
    while (Atomics.load(state, 0) === ${SPINNING});
  }`;

/** A thread that does nothing but keep a processor busy in this address space. */
export class BusyThread {
  readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker = new Worker(PROGRAM, { eval: true, execArgv: [], workerData: this.#state });

  /** Runs `work` while the thread spins. */
  async beside<T>(work: () => T): Promise<T> {
    Atomics.store(this.#state, 0, CALLED);
    Atomics.notify(this.#state, 0);
    while (Atomics.load(this.#state, 0) !== SPINNING) await new Promise((resolve) => setImmediate(resolve));
    try {
      return work();
    } finally {
      Atomics.store(this.#state, 0, PARKED);
    }
  }

  dispose(): void {
    void this.#worker.terminate();
  }
}
