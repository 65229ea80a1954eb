import { InstanceSnapshot } from 'pagefold/wasm';

import type { MemoryKeeper } from './pyodide-interpreter.ts';

/** Also tells which pages a request has changed. */
export interface PagefoldKeeper extends MemoryKeeper {
  readonly guest: InstanceSnapshot;
  /** Pages that the last reset has put back: those that were written, and those that are no longer watched. */
  readonly pagesRestored: number;
}

export function keepByPagefold(instance: WebAssembly.Instance): PagefoldKeeper {
  // As examples/python/ does: nothing changes the 14,000 entries of Pyodide's function table.
  const guest = InstanceSnapshot.capture(instance, { tables: 'length' });
  let pagesRestored = 0;
  return {
    guest,
    get pagesRestored() {
      return pagesRestored;
    },
    reset() {
      pagesRestored = guest.reset().memory.pagesRestored;
    },
    dispose: () => guest.dispose(),
  };
}
