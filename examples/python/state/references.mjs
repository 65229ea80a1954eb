/**
 * The JavaScript values that Python holds. Python's side of a reference is a
 * slot number in memory, which a reset restores; the value sits in a WebAssembly
 * table that is not exported, and in a `Map` from value to slot number.
 *
 * A request that lets go of a value of the baseline frees its slot for another
 * value. Without this, the next request would find that other value there.
 */

/** @import { EmscriptenModule } from '../pyodide-internals.d.ts' */

export class References {
  #module;
  /** @type {unknown[]} by slot number */ #values;
  #count;
  /** @type {Map<unknown, number>} */ #slots;
  /** @type {[unknown, number][]} */ #slotEntries;

  /** @param {EmscriptenModule} module */
  constructor(module) {
    this.#module = module;
    this.#values = [...valuesOf((index) => module.__hiwire_get(index))];
    this.#count = module._hiwire_num_refs();
    const constants = valuesOf((index) => module.__hiwire_immortal_get(index));
    const slots = [...constants].find((value) => value instanceof Map);
    if (slots === undefined) throw new Error('this Pyodide keeps its references in another way');
    this.#slots = slots;
    this.#slotEntries = [...slots];
  }

  /** Call before the memory is reset: the number of references is read from it. */
  restore() {
    const module = this.#module;
    for (let index = 0; index < this.#values.length; index += 1) {
      const value = this.#values[index];
      if (module.__hiwire_get(index) !== value) module.__hiwire_set(index, value);
    }
    this.#slots.clear();
    for (const [value, slot] of this.#slotEntries) this.#slots.set(value, slot);
    if (module._hiwire_num_refs() > this.#count) this.#forgetRest();
  }

  /** What the request still held: its slots are free again, but the table would keep the values alive. */
  #forgetRest() {
    const module = this.#module;
    let index = this.#values.length;
    for (const value of valuesOf((slot) => module.__hiwire_get(slot), index)) {
      if (value !== null) module.__hiwire_set(index, null);
      index += 1;
    }
  }
}

/**
 * The entries of a table whose length cannot be asked for: reading past its end is a trap.
 * @param {(index: number) => unknown} get
 */
function* valuesOf(get, start = 0) {
  for (let index = start; ; index += 1) {
    let value;
    try {
      value = get(index);
    } catch {
      return;
    }
    yield value;
  }
}
