/**
 * Interpreters in threads, for programs that take them in order of arrival. They share the pages that are equal: the first
 * one is started alone, the others, and all that replace one, start like it. Callers are turned away when too many wait.
 */

import { randomInt } from 'node:crypto';

import { Snapshot } from 'pagefold';

import { IsolatedInterpreter } from '../python/isolated-interpreter.mjs';
import { Refusal } from './refusal.mjs';

/** @import { ResetReport } from '../python/interpreter.mjs' */
/** @import { Settings } from '../python/isolated-interpreter.mjs' */

/** @typedef {Omit<Settings, 'hashSeed' | 'like'>} InterpreterSettings */

export class Interpreters {
  #waitingMax;
  #onReset;
  /** @type {IsolatedInterpreter[]} */ #all = [];
  /** Clean ones; the last one was used last, and its pages are in the caches. @type {IsolatedInterpreter[]} */ #free =
    [];
  /** @type {((interpreter: IsolatedInterpreter) => void)[]} */ #waiting = [];
  /** @type {Snapshot | undefined} */ #shared;

  /**
   * @param {number} waitingMax
   * @param {(report: ResetReport) => void} onReset
   */
  constructor(waitingMax, onReset) {
    this.#waitingMax = waitingMax;
    this.#onReset = onReset;
  }

  /** How many there are. */
  get count() {
    return this.#all.length;
  }

  /** How many are clean and idle. */
  get free() {
    return this.#free.length;
  }

  /** How many programs wait for one. */
  get waiting() {
    return this.#waiting.length;
  }

  /** How many had to be replaced. */
  get restarts() {
    return this.#all.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /**
   * Settles when all of them are ready.
   * @param {number} count
   * @param {InterpreterSettings} settings
   */
  async start(count, settings) {
    // Unknown to whoever sends programs, lest they make dictionaries slow on purpose.
    const hashSeed = randomInt(2 ** 32);
    const like = () => this.#shared?.share();
    const open = () => new IsolatedInterpreter({ ...settings, hashSeed, like });
    const first = open();
    this.#all.push(first);
    await first.ready;
    // Held here, so that it is there for as long as threads are started.
    if (first.ticket !== undefined) this.#shared = Snapshot.attach(first.ticket);
    while (this.#all.length < count) this.#all.push(open());
    await Promise.all(this.#all.map(({ ready }) => ready));
    this.#free.push(...this.#all);
  }

  /**
   * @template Value
   * @param {AbortSignal} gone aborted when the caller no longer wants its turn
   * @param {(interpreter: IsolatedInterpreter) => Promise<Value>} work
   * @returns {Promise<Value>}
   * @throws {Refusal} 503 when too many wait
   */
  async take(gone, work) {
    const interpreter = this.#free.pop() ?? (await this.#wait(gone));
    let used = false;
    try {
      gone.throwIfAborted();
      used = true;
      return await work(interpreter);
    } finally {
      if (used) void this.#readmit(interpreter);
      else this.#offer(interpreter);
    }
  }

  async dispose() {
    await Promise.all(this.#all.map((interpreter) => interpreter.dispose()));
    this.#shared?.dispose();
  }

  /**
   * When it is clean; or when its replacement could not be loaded, which the next program then tries again.
   * @param {IsolatedInterpreter} interpreter
   */
  async #readmit(interpreter) {
    await interpreter.ready.catch(() => undefined);
    if (interpreter.lastReset !== undefined) this.#onReset(interpreter.lastReset);
    this.#offer(interpreter);
  }

  /**
   * It goes straight to the next in line: nobody can slip in between.
   * @param {IsolatedInterpreter} interpreter
   */
  #offer(interpreter) {
    const enter = this.#waiting.shift();
    if (enter === undefined) this.#free.push(interpreter);
    else enter(interpreter);
  }

  /**
   * @param {AbortSignal} gone
   * @returns {Promise<IsolatedInterpreter>}
   */
  #wait(gone) {
    if (this.#waiting.length >= this.#waitingMax) {
      throw new Refusal(503, 'Busy', 'too many requests are waiting', { 'retry-after': '1' });
    }
    return new Promise((resolve, reject) => {
      const enter = (/** @type {IsolatedInterpreter} */ interpreter) => {
        gone.removeEventListener('abort', leave);
        resolve(interpreter);
      };
      const leave = () => {
        const index = this.#waiting.indexOf(enter);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(gone.reason);
      };
      this.#waiting.push(enter);
      gone.addEventListener('abort', leave, { once: true });
    });
  }
}
