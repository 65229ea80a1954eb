// Random everything with pools for as many seconds as the argument says: on this thread and on others that are terminated,
// released, abandoned, closed and dropped. In the end descriptors, mappings and memory are where they were in the beginning.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { doctor, PagePool, Snapshot, type TrackerKind } from 'pagefold';

import { collectedUntil, collectGarbage, turn } from '../helpers/garbage.ts';
import { PAGE, paint } from '../helpers/pages.ts';
import { PoolWorld, type Tally } from '../helpers/pool-world.ts';
import { imageMappings, mappings, ownDescriptors } from '../helpers/process-state.ts';
import { randomFrom } from '../helpers/random.ts';
import { startWorker } from '../helpers/worker.ts';

const MEBIBYTE = 2 ** 20;
/** What the heap of the engine may differ by from one moment to the next. */
const RESIDENT_TOLERANCE = 48 * MEBIBYTE;

const [seconds = '5', seedText = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
const random = randomFrom(Number(seedText));
console.error(`PAGEFOLD_TEST_SEED=${seedText}`);
const trackers = doctor().trackers.flatMap(({ name, available }) => (available ? [name as TrackerKind] : []));
const contents = new Uint8Array(16 * PAGE);
paint(contents);
const snapshot = Snapshot.capture(contents);
const total: Tally = {};

function count(what: string, times = 1): void {
  total[what] = (total[what] ?? 0) + times;
}

/** Random steps beside the model. */
async function model(): Promise<void> {
  const world = new PoolWorld(random.pick(trackers), random);
  for (let step = 0; step < 3000; step += 1) await world.step();
  await world.end();
  for (const [what, times] of Object.entries(world.tally)) count(what, times);
}

/** Leases that nobody releases, in a pool that nobody closes. */
async function dropped(): Promise<void> {
  const pool = PagePool.create({ slots: 1 + random.below(20), snapshot, tracker: random.pick(trackers) });
  for (let slot = 0; slot < pool.slots; slot += 1) {
    const lease = pool.tryAcquire();
    if (random.chance(0.7)) lease?.bytes.fill(slot);
    if (random.chance(0.3)) lease?.view.snapshot();
    if (random.chance(0.3)) lease?.release();
  }
  void pool.acquire({ timeoutMs: 1 }).catch(() => {});
  await turn();
  if (random.chance(0.3)) await collectGarbage();
  count('pools dropped');
}

/** A thread that is terminated while it holds leases, and others wait there. */
async function terminated(): Promise<void> {
  const ticket = snapshot.share();
  const worker = startWorker('lease', { ticket, rounds: 1e9, slots: 2 + random.below(6) });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  await Promise.race([once(worker, 'message'), failed]);
  for (let turns = random.below(20); turns > 0; turns -= 1) await turn();
  await worker.terminate();
  count('workers terminated');
}

interface State {
  readonly descriptors: number;
  readonly mappings: number;
  readonly imageMappings: number;
  readonly resident: number;
}

async function state(): Promise<State> {
  await collectGarbage();
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  return { descriptors: ownDescriptors(), mappings: mappings(), imageMappings: imageMappings(), resident };
}

async function run(until: number): Promise<void> {
  do {
    await model();
    await dropped();
    if (random.chance(0.5)) await terminated();
  } while (performance.now() < until);
}

// What is made once stays: probes, the engine's heap, code, the stacks of threads.
await run(performance.now() + Math.min(10_000, Number(seconds) * 500));
const before = await state();
await run(performance.now() + Number(seconds) * 1000);
let after = await state();
const isBack = await collectedUntil(
  () =>
    ownDescriptors() <= before.descriptors + 2 &&
    imageMappings() <= before.imageMappings + 2 &&
    mappings() <= before.mappings + 100,
);
after = await state();
const isResidentBack = after.resident <= before.resident + RESIDENT_TOLERANCE;
console.log(JSON.stringify({ isBack, isResidentBack, before, after, total }));
process.exit(isBack && isResidentBack ? 0 : 1);
