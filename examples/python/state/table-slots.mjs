/**
 * Slots of the function table that `ctypes` takes for callbacks. The table
 * cannot shrink and its free list is a JavaScript array, so slots that a request
 * took would never be offered again and every request would grow the table.
 */

/** @import { EmscriptenModule } from '../pyodide-internals.d.ts' */

export class TableSlots {
  #module;
  #length;
  #free;

  /** @param {EmscriptenModule} module */
  constructor(module) {
    this.#module = module;
    this.#length = module.wasmTable.length;
    this.#free = [...module.freeTableIndexes];
  }

  restore() {
    const { wasmTable, freeTableIndexes } = this.#module;
    freeTableIndexes.length = 0;
    freeTableIndexes.push(...this.#free);
    for (let index = this.#length; index < wasmTable.length; index += 1) freeTableIndexes.push(index);
  }
}
