import type { MemoryKeeper } from './pyodide-interpreter.ts';

/** What one does without pagefold: copies the whole heap back, and what it has grown by becomes zero. */
export function keepByCopying({ exports }: WebAssembly.Instance): MemoryKeeper {
  const memory = exports['memory'] as WebAssembly.Memory;
  const stackPointer = exports['__stack_pointer'] as WebAssembly.Global;
  const saved = new Uint8Array(memory.buffer).slice();
  const savedStackPointer: unknown = stackPointer.value;
  return {
    reset() {
      const heap = new Uint8Array(memory.buffer);
      heap.set(saved);
      heap.fill(0, saved.length);
      stackPointer.value = savedStackPointer;
    },
    dispose: () => undefined,
  };
}
