import { Worker } from 'node:worker_threads';

/** Starts a script of __test__/workers in a worker thread. */
export function startWorker(name: string, workerData: unknown): Worker {
  const script = new URL(`../workers/${name}.ts`, import.meta.url);
  if ('bun' in process.versions || 'deno' in process.versions) return new Worker(script, { workerData });
  // On Node.js the loader for TypeScript does not reach into workers by itself.
  const loader = import.meta.resolve('tsx/esm/api');
  const code = `import('${loader}').then(({ register }) => { register(); return import('${script.href}') })`;
  return new Worker(code, { eval: true, workerData });
}
