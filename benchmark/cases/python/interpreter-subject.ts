import { burst, type Step } from '../../harness/burst.ts';
import type { Readings, Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { PythonInterpreter } from './pyodide-interpreter.ts';
import { checkAnswer, type Request } from './request.ts';

/** Runs the request, looks at its answer. */
export async function serve(interpreter: PythonInterpreter, request: Request): Promise<void> {
  const { result, error } = await interpreter.run(request.source);
  if (error !== undefined) throw new WrongResult(`Python raised: ${error.traceback}`);
  checkAnswer(request, JSON.parse(result ?? 'null'));
}

/** One interpreter that serves request after request. */
export function interpreterSubject(
  name: string,
  interpreter: PythonInterpreter,
  request: Request,
  cycles: number,
): Subject {
  let memory = 0;
  let javascript = 0;
  const steps: Step[] = [
    { part: 'request', run: () => serve(interpreter, request) },
    {
      part: 'reset',
      run() {
        const report = interpreter.reset();
        memory += report.memoryMicroseconds;
        javascript += report.javascriptMicroseconds;
      },
    },
  ];
  const measure = async (): Promise<Readings> => {
    memory = javascript = 0;
    const readings = await burst(steps, { cycles });
    return { ...readings, memory: memory / cycles, javascript: javascript / cycles };
  };
  return {
    name,
    async check() {
      // The second request looks for what the first one has left behind.
      for (let times = 0; times < 2; times += 1) {
        await serve(interpreter, request);
        interpreter.reset();
      }
    },
    async warmUp() {
      // The request before may have been another one: what is watched has to settle anew.
      for (let times = 0; times < 3; times += 1) await measure();
    },
    measure,
  };
}
