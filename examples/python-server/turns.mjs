/** Lets one caller in at a time, in order of arrival, and turns callers away when too many wait. */

import { Refusal } from './refusal.mjs';

export class Turns {
  #waitingMax;
  /** @type {(() => void)[]} */ #waiting = [];
  #busy = false;

  /** @param {number} waitingMax */
  constructor(waitingMax) {
    this.#waitingMax = waitingMax;
  }

  /**
   * @template Value
   * @param {AbortSignal} gone aborted when the caller no longer wants its turn
   * @param {() => Promise<Value>} work
   * @returns {Promise<Value>}
   * @throws {Refusal} 503 when too many wait
   */
  async take(gone, work) {
    if (this.#busy) await this.#wait(gone);
    this.#busy = true;
    try {
      gone.throwIfAborted();
      return await work();
    } finally {
      // The turn goes straight to the next in line: nobody can slip in between.
      const enter = this.#waiting.shift();
      if (enter === undefined) this.#busy = false;
      else enter();
    }
  }

  /**
   * @param {AbortSignal} gone
   * @returns {Promise<void>}
   */
  #wait(gone) {
    if (this.#waiting.length >= this.#waitingMax) {
      throw new Refusal(503, 'Busy', 'too many requests are waiting', { 'retry-after': '1' });
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        gone.removeEventListener('abort', leave);
        resolve();
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
