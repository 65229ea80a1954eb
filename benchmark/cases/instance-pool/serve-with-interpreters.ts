// A process of its own: starts interpreters, has each serve some requests, and prints what memory stands behind them.
// Arguments: the way ('pool' or 'separate') and how many.
import { serve } from '../python/interpreter-subject.ts';
import { createPythonPool, loadInterpreter, type PythonInterpreter } from '../python/pyodide-interpreter.ts';
import { REQUESTS } from '../python/request.ts';
import { residentMemory } from './linear-memories.ts';

const ROUNDS = 3;

/** In a pool: clean for each request, sharing what is equal. */
async function inPool(count: number): Promise<PythonInterpreter[]> {
  const pool = await createPythonPool({}, { size: count });
  // Held together, so that each of them is another one.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const request of REQUESTS) {
      const leases = await Promise.all(Array.from({ length: count }, () => pool.acquire()));
      for (const lease of leases) {
        await serve(lease.guest, request);
        lease.release();
      }
    }
  }
  const leases = await Promise.all(Array.from({ length: count }, () => pool.acquire()));
  return leases.map(({ guest }) => guest);
}

/** Each by itself, never reset: only the first request finds it clean. */
async function separately(count: number): Promise<PythonInterpreter[]> {
  const interpreters: PythonInterpreter[] = [];
  for (let index = 0; index < count; index += 1) {
    const interpreter = await loadInterpreter(() => ({ reset: () => undefined, dispose: () => undefined }));
    const [first, ...others] = REQUESTS;
    if (first !== undefined) await serve(interpreter, first);
    for (const { source } of others) await interpreter.run(source);
    interpreters.push(interpreter);
  }
  return interpreters;
}

const [way, count] = [process.argv[2], Number(process.argv[3])];
const interpreters = await (way === 'pool' ? inPool(count) : separately(count));
globalThis.gc?.();
const lengths = new Set(
  interpreters.map(({ instance }) => (instance.exports['memory'] as WebAssembly.Memory).buffer.byteLength),
);
const [byteLength] = lengths;
if (byteLength === undefined || lengths.size > 1)
  throw new Error(`memories of several lengths: ${[...lengths].join()}`);
console.log(JSON.stringify(residentMemory(count, byteLength)));
process.exit();
