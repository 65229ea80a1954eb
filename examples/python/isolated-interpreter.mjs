/**
 * A Python interpreter in a thread of its own, so that a program can be stopped:
 * first politely, by KeyboardInterrupt, then by ending the thread. An interpreter
 * that was lost is replaced by a new one, which takes a second or two. It is reset
 * after the answer was given, and not ready for the next program until then.
 */

import { Worker } from 'node:worker_threads';

/** @import { SnapshotTicket } from 'pagefold' */
/** @import { Answer, Order, WorkerSettings } from './worker.mjs' */
/** @import { Outcome } from './program-runner.mjs' */
/** @import { ResetReport } from './interpreter.mjs' */

/**
 * @typedef {{ kind: 'ended', outcome: Outcome, runMilliseconds: number }
 *   | { kind: 'timeout', stoppedBy: 'interrupt' | 'termination' }
 *   | { kind: 'lost', message: string }} Verdict
 */

/**
 * @typedef {object} Settings
 * @property {number} timeoutMilliseconds how long a program may run
 * @property {number} graceMilliseconds how long it may take to react to KeyboardInterrupt
 * @property {WorkerSettings['limits']} limits
 * @property {number} hashSeed the same for interpreters that are to share pages
 * @property {boolean} resets `false`: never
 * @property {() => SnapshotTicket | undefined} like of an interpreter whose pages the next one is to share, if there is one
 */

const KEYBOARD_INTERRUPT = 2;
const INTERRUPT_AGAIN_MILLISECONDS = 20;

export class IsolatedInterpreter {
  #settings;
  #interrupt = new SharedArrayBuffer(1);
  /** @type {Worker} */ #worker;
  /** @type {Promise<void>} */ #ready;
  /** @type {SnapshotTicket | undefined} */ #ticket;
  /** @type {ResetReport | undefined} */ #lastReset;
  #disposed = false;
  #restarts = 0;

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
    this.#worker = this.#spawn();
    this.#ready = this.#becomesReady(this.#worker);
  }

  /** Settles when the interpreter is clean and can take a program; rejects when it cannot be loaded. */
  get ready() {
    return this.#ready;
  }

  /** For others to share the pages of this one; known when it was ready once. */
  get ticket() {
    return this.#ticket;
  }

  /** About the reset after the last program, unless that made a new interpreter necessary, or there was none. */
  get lastReset() {
    return this.#lastReset;
  }

  /** How many interpreters had to be replaced. */
  get restarts() {
    return this.#restarts;
  }

  /**
   * One at a time.
   * @param {string} source
   * @returns {Promise<Verdict>}
   */
  async run(source) {
    const worker = this.#worker;
    try {
      await this.#ready;
    } catch (error) {
      this.#replace(worker);
      throw error;
    }
    this.#lastReset = undefined;
    this.#ready = this.#becomesReady(worker);
    const verdict = await this.#supervise(worker, source);
    if (verdict.kind === 'lost' || (verdict.kind === 'timeout' && verdict.stoppedBy === 'termination')) {
      this.#replace(worker);
    }
    return verdict;
  }

  async dispose() {
    this.#disposed = true;
    await this.#worker.terminate();
  }

  /**
   * @param {Worker} worker
   * @param {string} source
   * @returns {Promise<Verdict>}
   */
  #supervise(worker, source) {
    const { timeoutMilliseconds, graceMilliseconds } = this.#settings;
    return new Promise((resolve) => {
      let late = false;
      /** @type {NodeJS.Timeout | undefined} */
      let interrupting;
      let timer = setTimeout(() => {
        late = true;
        // For a program that waits: its thread is free to read this.
        order(worker, { kind: 'abandon' });
        // For a program that computes. Pyodide reads the byte and then clears it, and can miss what is written in between.
        interrupting = setInterval(() => this.#interruptNow(), INTERRUPT_AGAIN_MILLISECONDS);
        this.#interruptNow();
        timer = setTimeout(() => settle({ kind: 'timeout', stoppedBy: 'termination' }), graceMilliseconds);
      }, timeoutMilliseconds);

      /** @param {Verdict} verdict */
      const settle = (verdict) => {
        clearTimeout(timer);
        clearInterval(interrupting);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        resolve(verdict);
      };
      const onMessage = (/** @type {Answer} */ answer) => {
        if (answer.kind === 'ready' || answer.kind === 'clean') return;
        if (!late) settle(answer);
        else settle({ kind: 'timeout', stoppedBy: answer.kind === 'ended' ? 'interrupt' : 'termination' });
      };
      const onError = (/** @type {Error} */ error) => settle({ kind: 'lost', message: error.message });
      const onExit = () => settle({ kind: 'lost', message: 'the interpreter ended the thread it runs in' });
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      order(worker, { kind: 'run', source });
    });
  }

  #interruptNow() {
    Atomics.store(new Uint8Array(this.#interrupt), 0, KEYBOARD_INTERRUPT);
  }

  /** @param {Worker} worker the one that is of no use any more; it may have been replaced already */
  #replace(worker) {
    if (this.#disposed || worker !== this.#worker) return;
    void worker.terminate();
    this.#restarts += 1;
    this.#interrupt = new SharedArrayBuffer(1);
    this.#worker = this.#spawn();
    this.#ready = this.#becomesReady(this.#worker);
  }

  /**
   * Until it was loaded, or was reset after a program.
   * @param {Worker} worker
   * @returns {Promise<void>}
   */
  #becomesReady(worker) {
    /** @type {Promise<void>} */
    const ready = new Promise((resolve, reject) => {
      const onMessage = (/** @type {Answer} */ answer) => {
        if (answer.kind !== 'ready' && answer.kind !== 'clean') return;
        worker.off('message', onMessage).off('exit', onExit);
        if (answer.kind === 'ready') this.#ticket = answer.ticket;
        else this.#lastReset = answer.reset;
        resolve();
      };
      const onExit = (/** @type {number} */ code) => {
        worker.off('message', onMessage);
        reject(new Error(`the interpreter's thread ended with code ${code} before it was ready`));
      };
      worker.on('message', onMessage).once('exit', onExit);
    });
    // Whoever runs the next program learns of a failure; without one, nobody needs to.
    ready.catch(() => undefined);
    return ready;
  }

  #spawn() {
    /** @type {WorkerSettings} */
    const workerData = {
      interrupt: this.#interrupt,
      limits: this.#settings.limits,
      hashSeed: this.#settings.hashSeed,
      like: this.#settings.like(),
      resets: this.#settings.resets,
    };
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData, argv: [], env: {} });
    // The one who waits for the worker reports its errors; an error while nobody does ends the thread.
    worker.on('error', () => undefined);
    worker.once('message', () => worker.once('exit', () => this.#replace(worker)));
    return worker;
  }
}

/**
 * @param {Worker} worker
 * @param {Order} message
 */
function order(worker, message) {
  worker.postMessage(message);
}
