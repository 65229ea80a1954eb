/**
 * Timers that Python started. Those of Python's event loop go through
 * `schedule`, which the runner installs there; `signal.setitimer` uses a table
 * of Emscripten's. Both kinds would fire into the memory of a later request.
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** @import { EmscriptenModule } from '../pyodide-internals.d.ts' */

export class Timers {
  #module;
  /** @type {Set<NodeJS.Timeout>} */
  #pending = new Set();

  /**
   * @param {EmscriptenModule} module
   * @param {(error: unknown) => void} onError what a callback threw: nobody else would see it
   */
  constructor(module, onError) {
    this.#module = module;
    /** @type {(callback: () => unknown, milliseconds: number) => void} */
    this.schedule = Object.freeze((callback, milliseconds) => {
      const timer = setTimeout(async () => {
        this.#pending.delete(timer);
        try {
          await callback();
        } catch (error) {
          onError(error);
        }
      }, milliseconds);
      this.#pending.add(timer);
    });
  }

  /** Waits until nothing is scheduled any more. */
  async idle() {
    while (this.#pending.size > 0) await sleep(1);
  }

  /** @returns {number} how many timers were still waiting */
  restore() {
    const waiting = this.#pending.size;
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
    const { timers } = this.#module;
    for (const which in timers) {
      clearTimeout(timers[which]?.id);
      delete timers[which];
    }
    return waiting;
  }
}
