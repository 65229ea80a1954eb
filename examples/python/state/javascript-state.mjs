/** All that a program can change on Pyodide's JavaScript side, put back in the order that is safe. */

import { Descriptors } from './descriptors.mjs';
import { Files } from './files.mjs';
import { HostNames } from './host-names.mjs';
import { Proxies } from './proxies.mjs';
import { References } from './references.mjs';
import { TableSlots } from './table-slots.mjs';

/** @import { EmscriptenModule } from '../pyodide-internals.d.ts' */
/** @import { Callbacks } from './callbacks.mjs' */
/** @import { Timers } from './timers.mjs' */

/**
 * @typedef {object} JavaScriptReport
 * @property {number} fileNodesRestored
 * @property {number} proxiesLeft
 * @property {number} timersWaiting
 */

export class JavaScriptState {
  #callbacks;
  #timers;
  #proxies;
  #references;
  #files;
  #descriptors;
  #tableSlots;
  #hostNames;

  /**
   * @param {EmscriptenModule} module
   * @param {{ callbacks: Callbacks, timers: Timers, fileByteLengthMax: number }} parts
   */
  constructor(module, { callbacks, timers, fileByteLengthMax }) {
    this.#callbacks = callbacks;
    this.#timers = timers;
    this.#proxies = new Proxies(module);
    this.#references = new References(module);
    this.#files = new Files(module.FS, { byteLengthMax: fileByteLengthMax });
    this.#descriptors = new Descriptors(module.FS);
    this.#tableSlots = new TableSlots(module);
    this.#hostNames = new HostNames(module);
  }

  /**
   * Call before the memory is reset.
   * @returns {JavaScriptReport}
   */
  restore() {
    // First what could still call into Python.
    this.#callbacks.restore();
    const timersWaiting = this.#timers.restore();
    const proxiesLeft = this.#proxies.restore();
    this.#references.restore();
    this.#descriptors.restore();
    const fileNodesRestored = this.#files.restore();
    this.#tableSlots.restore();
    this.#hostNames.restore();
    return { fileNodesRestored, proxiesLeft, timersWaiting };
  }
}
