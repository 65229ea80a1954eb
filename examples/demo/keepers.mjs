/** The ways to put the memory back that the demo compares with pagefold's, which is python/pooled-interpreter.mjs. */

/** @import { MemoryKeeper } from '../python/interpreter.mjs' */

/**
 * What a memory is compared with after a reset.
 * @typedef {{ readonly memory: WebAssembly.Memory, baseline(): Uint8Array }} Comparable
 */

/** @typedef {MemoryKeeper & Comparable} ComparableKeeper */

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
