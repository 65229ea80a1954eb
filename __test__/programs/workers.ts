// Terminates workers at random moments while the main thread does the same work, and tells how the process has changed.
// The number of pairs, a seed and a folder for files are the arguments.
import { once } from 'node:events';

import { MemoryView } from 'pagefold';

import { collectedUntil, collectGarbage, turn } from '../helpers/garbage.ts';
import { equalBytes, PAGE, paint } from '../helpers/pages.ts';
import { addressSpace, descriptors, imageMappings } from '../helpers/process-state.ts';
import { randomFrom } from '../helpers/random.ts';
import { startWorker } from '../helpers/worker.ts';

const [count = '0', seed = '1', folder = ''] = process.argv.slice(2);
const random = randomFrom(Number(seed));

const memory = new WebAssembly.Memory({ initial: 4, maximum: 8 });
const view = MemoryView.adopt(memory);
paint(view.bytes);
const baseline = view.snapshot().read(0, view.byteLength);
let resets = 0;

/** One turn of the main thread's own work. */
async function work(): Promise<void> {
  view.bytes.fill(random.below(256), random.below(30) * PAGE, (30 + random.below(30)) * PAGE);
  view.reset();
  if (!equalBytes(view.bytes, baseline)) throw new Error(`the main thread's memory is wrong after reset ${resets}`);
  resets++;
  await turn();
}

/** Runs a worker until it is done or for so many turns of work. */
async function run(rounds: number, turns: number): Promise<unknown> {
  const worker = startWorker('churn', { rounds, folder });
  const seen: { last?: unknown; failure?: unknown; ended: boolean } = { ended: false };
  worker.on('message', (last) => Object.assign(seen, { last }));
  worker.on('error', (failure) => Object.assign(seen, { failure }));
  worker.on('exit', () => (seen.ended = true));
  // Sometimes it is terminated before it has begun.
  const isEarly = turns < Infinity && random.chance(0.2);
  if (!isEarly) while (seen.last === undefined && !seen.ended) await work();
  for (let done = 0; done < turns && !seen.ended; done++) await work();
  if (turns < Infinity) await worker.terminate();
  while (!seen.ended) await turn();
  if (seen.failure !== undefined) throw seen.failure;
  return seen.last;
}

/** Address space that a worker with 200 regions takes, and that is left of it after the worker. */
async function hoarded(): Promise<{ taken: number; left: number }> {
  const before = addressSpace();
  const worker = startWorker('hoard', 200);
  await once(worker, 'message');
  const taken = addressSpace() - before;
  await worker.terminate();
  await collectedUntil(() => addressSpace() - before < taken / 4);
  return { taken, left: addressSpace() - before };
}

const completed = await run(20, Infinity);
await collectGarbage();
const before = { descriptors: descriptors(), imageMappings: imageMappings() };
let terminated = 0;
for (let index = 0; index < Number(count); index++) {
  // Two at once, so that they are in each other's way.
  await Promise.all([run(1e9, random.below(25)), run(1e9, random.below(5))]);
  terminated += 2;
}
const isBack = await collectedUntil(
  () => descriptors() <= before.descriptors + 2 && imageMappings() <= before.imageMappings + 2,
);
const hoard = await hoarded();
const after = { descriptors: descriptors(), imageMappings: imageMappings() };
console.log(JSON.stringify({ completed, terminated, resets, isBack, before, after, hoard }));
