import { Worker } from 'node:worker_threads';

import { EXTENSION } from './project.ts';

/** Starts a script of __test__/workers in a worker thread. */
export function startWorker(name: string, workerData: unknown): Worker {
  return new Worker(new URL(`../workers/${name}${EXTENSION}`, import.meta.url), { workerData });
}
