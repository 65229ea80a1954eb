import type { Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { Request } from './request.ts';
import { serve } from './interpreter-subject.ts';
import type { PagefoldKeeper } from './keep-by-pagefold.ts';
import type { PythonInterpreter } from './pyodide-interpreter.ts';

export const DIRTY = 'a request';

/** How many pages a request changes, and how many a reset puts back. */
export function dirtyPages(interpreter: PythonInterpreter, keeper: PagefoldKeeper, request: Request): Subject {
  const { view } = keeper.guest;
  return {
    name: DIRTY,
    check() {
      const { pageCount } = view.dirty();
      if (pageCount > 0) throw new WrongResult(`${pageCount} pages differ from the baseline after a reset`);
    },
    async measure() {
      await serve(interpreter, request);
      const changed = view.dirty().pageCount;
      interpreter.reset();
      return { changed, restored: keeper.pagesRestored };
    },
  };
}
