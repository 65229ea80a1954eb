/** The ways to put the memory back that the demo compares. */

import { InstanceSnapshot } from 'pagefold/wasm';

/** @import { TrackerChoice } from 'pagefold' */
/** @import { MemoryKeeper } from '../python/interpreter.mjs' */

/**
 * @typedef {MemoryKeeper & {
 *   memory: WebAssembly.Memory,
 *   baseline(): Uint8Array,
 * }} ComparableKeeper
 */

/**
 * @typedef {ComparableKeeper & { guest: InstanceSnapshot }} PagefoldKeeper
 */

/**
 * @param {WebAssembly.Instance} instance
 * @param {TrackerChoice} tracker
 * @returns {PagefoldKeeper}
 */
export function keepByPagefold(instance, tracker) {
  // Pyodide's function table has 14,000 entries, which nothing changes: state/table-slots.mjs looks after its growth.
  const guest = InstanceSnapshot.capture(instance, { tracker, tables: 'length' });
  return {
    guest,
    memory: guest.memory,
    baseline: () => guest.snapshot.read(0, guest.snapshot.byteLength),
    reset: () => guest.reset(),
    dispose: () => guest.dispose(),
  };
}

/**
 * For an interpreter that is used once.
 * @param {WebAssembly.Instance} instance
 * @returns {ComparableKeeper}
 */
export function keepNothing(instance) {
  const memory = /** @type {WebAssembly.Memory} */ (instance.exports['memory']);
  return { memory, baseline: () => new Uint8Array(), reset: () => undefined, dispose() {} };
}

/**
 * What one does without pagefold: keep a copy of the heap, and copy all of it back (and the stack pointer).
 * @param {WebAssembly.Instance} instance
 * @returns {ComparableKeeper}
 */
export function keepByCopying(instance) {
  const memory = /** @type {WebAssembly.Memory} */ (instance.exports['memory']);
  const stackPointer = /** @type {WebAssembly.Global} */ (instance.exports['__stack_pointer']);
  const saved = new Uint8Array(memory.buffer).slice();
  const savedStackPointer = stackPointer.value;
  return {
    memory,
    baseline: () => saved,
    reset() {
      const bytes = new Uint8Array(memory.buffer);
      bytes.set(saved);
      bytes.fill(0, saved.length);
      stackPointer.value = savedStackPointer;
      return undefined;
    },
    dispose() {},
  };
}
