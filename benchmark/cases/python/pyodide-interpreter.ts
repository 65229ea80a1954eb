import type { InstancePool } from 'pagefold/wasm';

/** Whoever puts the memory of an instance back, as examples/python/interpreter.mjs asks for it. */
export interface MemoryKeeper {
  reset(): undefined;
  dispose(): void;
}

/** What the suite uses of examples/python/interpreter.mjs. */
export interface PythonInterpreter {
  run(source: string): Promise<{
    readonly result?: string;
    readonly error?: { readonly traceback: string };
  }>;
  reset(): { readonly memoryMicroseconds: number; readonly javascriptMicroseconds: number };
  dispose(): void;
  readonly instance: WebAssembly.Instance;
}

/** What the suites use of examples/python/pool.mjs. */
interface PoolModule {
  createPythonPool(interpreterOptions: object, poolOptions: { size: number }): Promise<InstancePool<PythonInterpreter>>;
}

interface InterpreterModule {
  readonly PythonInterpreter: {
    load(options: { keepMemory(instance: WebAssembly.Instance): MemoryKeeper }): Promise<PythonInterpreter>;
  };
}

/** A Python interpreter at rest whose memory is kept in the given way. */
export async function loadInterpreter(
  keepMemory: (instance: WebAssembly.Instance) => MemoryKeeper,
): Promise<PythonInterpreter> {
  const { href } = new URL('../../../examples/python/interpreter.mjs', import.meta.url);
  const { PythonInterpreter } = (await import(href)) as InterpreterModule;
  return PythonInterpreter.load({ keepMemory });
}

/** Such interpreters in a pool. */
export async function createPythonPool(
  interpreterOptions: object,
  poolOptions: { size: number },
): Promise<InstancePool<PythonInterpreter>> {
  const { href } = new URL('../../../examples/python/pool.mjs', import.meta.url);
  const { createPythonPool } = (await import(href)) as PoolModule;
  return createPythonPool(interpreterOptions, poolOptions);
}
