/**
 * One Python interpreter out of a pool of one. It is given back after every program, and taken again: the pool puts it back
 * in between, and makes another in its place when it cannot.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { createPythonPool } from './pool.mjs';

/** @import { MemoryView } from 'pagefold' */
/** @import { InstanceLease, InstancePool, InstancePoolOptions, InstanceResetMessage } from 'pagefold/wasm' */
/** @import { Options, PythonInterpreter, ResetReport } from './interpreter.mjs' */
/** @import { JavaScriptReport } from './state/javascript-state.mjs' */
/** @import { Outcome } from './program-runner.mjs' */

/**
 * @typedef {object} JavaScriptPart
 * @property {JavaScriptReport} report
 * @property {number} ended
 */

export class PooledInterpreter {
  #pool;
  #lease;
  /** @type {JavaScriptPart | undefined} */ #javascript;
  /** @type {InstanceResetMessage | undefined} */ #message;

  /**
   * @param {InstancePool<PythonInterpreter>} pool
   * @param {InstanceLease<PythonInterpreter>} lease
   */
  constructor(pool, lease) {
    this.#pool = pool;
    this.#lease = lease;
    subscribe('pagefold:reset', this.#listen);
  }

  /**
   * @param {Omit<Options, 'keepMemory'>} interpreterOptions
   * @param {Pick<InstancePoolOptions<PythonInterpreter>, 'like' | 'tracker'>} [poolOptions]
   * @returns {Promise<PooledInterpreter>}
   */
  static async open(interpreterOptions, poolOptions) {
    /** @type {PooledInterpreter | undefined} */
    let opened;
    const pool = await createPythonPool(interpreterOptions, {
      ...poolOptions,
      size: 1,
      beforeReset(interpreter) {
        const report = interpreter.restoreJavaScript();
        if (opened !== undefined) opened.#javascript = { report, ended: performance.now() };
      },
    });
    return (opened = new PooledInterpreter(pool, await pool.acquire()));
  }

  /** What it goes back to; for other threads, whose interpreters can share its pages. */
  get snapshot() {
    return this.#pool.snapshot;
  }

  /** @returns {MemoryView} of its memory, until the next reset */
  get view() {
    return this.#lease.view;
  }

  /** @returns {WebAssembly.Memory} */
  get memory() {
    return /** @type {WebAssembly.Memory} */ (this.#lease.guest.instance.exports['memory']);
  }

  /** A copy of what the memory goes back to. */
  baseline() {
    const { baseline } = this.view;
    if (baseline === undefined) throw new Error('a guest of a pool has a baseline');
    return baseline.read(0, baseline.byteLength);
  }

  /**
   * Runs one program; call `reset` before the next one.
   * @param {string} source
   * @returns {Promise<Outcome>}
   * @throws {InterpreterLost} when only a new interpreter can go on
   */
  run(source) {
    return this.#lease.guest.run(source);
  }

  /** Ends the running program if it waits for something. */
  abandon() {
    if (!this.#lease.released) this.#lease.guest.abandon();
  }

  /**
   * Gives the interpreter back and takes it again, or another one, clean.
   * @returns {Promise<ResetReport | undefined>} `undefined` when it is another one
   */
  async reset() {
    this.#javascript = this.#message = undefined;
    const started = performance.now();
    this.#lease.release();
    const released = performance.now();
    const javascript = /** @type {JavaScriptPart | undefined} */ (this.#javascript);
    const message = /** @type {InstanceResetMessage | undefined} */ (this.#message);
    this.#lease = await this.#pool.acquire();
    if (javascript === undefined || message === undefined) return undefined;
    return {
      memory: message.instanceReport,
      memoryMicroseconds: (released - javascript.ended) * 1000,
      javascript: javascript.report,
      javascriptMicroseconds: (javascript.ended - started) * 1000,
    };
  }

  dispose() {
    unsubscribe('pagefold:reset', this.#listen);
    this.#lease[Symbol.dispose]();
    this.#pool[Symbol.dispose]();
  }

  #listen = (/** @type {unknown} */ message) => {
    const reset = /** @type {InstanceResetMessage} */ (message);
    // The lease has ended by now, but its view is the only one that this pool resets.
    if (this.#lease.released && 'instance' in reset) this.#message = reset;
  };
}
