import { loadPyodide } from 'pyodide';

import { burst } from '../../harness/burst.ts';
import type { Subject } from '../../harness/case.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { checkAnswer, type Request } from './request.ts';

export const FRESH_START = 'a fresh start';

/** A new Pyodide for each request, as npm ships it and with nothing added: the least that a fresh start costs. */
export function freshStart(request: Request): Subject {
  let pyodide: Awaited<ReturnType<typeof loadPyodide>> | undefined;
  const start = async (): Promise<void> => {
    pyodide = await loadPyodide();
  };
  const serve = (): void => checkAnswer(request, pyodide?.runPython(request.source));
  return {
    name: FRESH_START,
    everyRounds: 4,
    // Every request that is measured is checked as well.
    check: () => undefined,
    async measure() {
      collectGarbage();
      return burst(
        [
          { part: 'reset', run: start },
          { part: 'request', run: serve },
        ],
        { cycles: 1 },
      );
    },
  };
}
