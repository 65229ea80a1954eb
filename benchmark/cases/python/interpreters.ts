import { keepByCopying } from './keep-by-copying.ts';
import { keepByPagefold, type PagefoldKeeper } from './keep-by-pagefold.ts';
import { loadInterpreter, type PythonInterpreter } from './pyodide-interpreter.ts';

/** The interpreters that stay, each with its own way back. */
export interface Interpreters extends Disposable {
  readonly tracked: PythonInterpreter;
  readonly keeper: PagefoldKeeper;
  readonly copied: PythonInterpreter;
}

export async function openInterpreters(): Promise<Interpreters> {
  let keeper: PagefoldKeeper | undefined;
  const tracked = await loadInterpreter((instance) => (keeper = keepByPagefold(instance)));
  if (keeper === undefined) throw new Error('the interpreter was loaded without its memory being kept');
  const copied = await loadInterpreter(keepByCopying);
  return {
    tracked,
    keeper,
    copied,
    [Symbol.dispose]() {
      tracked.dispose();
      copied.dispose();
    },
  };
}
