// Pools in worker threads, and what is left of pools.
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

import test from '#test';

import { collectedUntil } from './helpers/garbage.ts';
import { pooled, until } from './helpers/pooled.ts';
import { imageMappings, mappings, ownDescriptors, tellsProcessState } from './helpers/process-state.ts';
import { skip } from './helpers/skip.ts';
import { startWorker } from './helpers/worker.ts';

async function ended(worker: Worker): Promise<void> {
  await worker.terminate();
}

test.serial('guests in worker threads share the pages of the main thread', async (t) => {
  const pool = await pooled({ size: 1 });
  const workers = ['hold', 'serve', 'end'].map((task) => startWorker('pool', { ticket: pool.snapshot.share(), task }));
  const messages = workers.map((worker) => once(worker, 'message') as Promise<[{ stored: number[] }]>);
  const last = workers.pop() as Worker;
  const exit = once(last, 'exit');
  for (const message of messages) t.deepEqual((await message)[0].stored, [0, 0, 0]);
  t.deepEqual(await exit, [0]);
  t.is(await pool.run((guest) => guest.load(70_000)), 97);
  for (const worker of workers) await ended(worker);
  t.is(await pool.run((guest) => guest.load(70_000)), 97);
  await pool.close();
});

const isBun = 'bun' in process.versions;

test.serial('a worker that is ended while it holds leases, computes or serves leaves the others alone', async (t) => {
  const pool = await pooled({ size: 2 });
  await until(() => pool.stats().idle === 2);
  const before = tellsProcessState ? { descriptors: ownDescriptors(), images: imageMappings() } : undefined;
  if (isBun) t.log('skipped, a worker that computes: Bun 1.4 does not end a thread that loops in WebAssembly');
  for (const task of ['hold', 'loop', 'serve', 'hold', 'loop', 'serve']) {
    if (task === 'loop' && isBun) continue;
    const worker = startWorker('pool', { ticket: pool.snapshot.share(), task });
    await once(worker, 'message');
    await pool.run((guest) => guest.store(70_000, 1));
    await ended(worker);
    t.is(await pool.run((guest) => guest.load(70_000)), 97, task);
  }
  t.is(pool.stats().created, 2);
  if (before === undefined) return skip(t, 'process state', 'there is no /proc/self');
  if ('deno' in process.versions) {
    t.log('skipped, what ended workers give back: Deno finalizes no native object of a worker that ends');
  } else {
    const isBack = await backUntil(() => ownDescriptors() <= before.descriptors && imageMappings() <= before.images);
    t.true(
      isBack,
      `${ownDescriptors()} descriptors and ${imageMappings()} mappings of images, ${JSON.stringify(before)}`,
    );
  }
  await pool.close();
});

/** Engines give memory back in threads of their own, which need their time as well. */
async function backUntil(holds: () => boolean): Promise<boolean> {
  for (let round = 0; round < 100; round++) {
    if (await collectedUntil(holds, 1)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return holds();
}

/** A pool, some work, and mostly a close. */
async function use(round: number): Promise<void> {
  const pool = await pooled({ size: 3, cleaner: round % 2 === 0 ? 'release' : 'background' });
  const lease = await pool.acquire();
  lease.guest.tick();
  if (round % 3 === 0) lease.discard();
  else lease.release();
  await pool.run((guest) => guest.fill(0, 1, 50_000));
  if (round % 10 !== 9) await pool.close();
}

test.serial('200 pools, closed or forgotten, leave nothing behind', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  await use(0);
  await backUntil(() => imageMappings() === 0);
  // What ended workers have left, where the runtime leaves anything.
  const before = { descriptors: ownDescriptors(), mappings: mappings(), images: imageMappings() };
  for (let round = 0; round < 200; round++) await use(round);
  // Forgotten pools make their guests first.
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (isBun) t.log('skipped, pools that were forgotten: Bun does not collect those that have made a guest later');
  const most = before.images + (isBun ? 3 * 20 : 0);
  const isBack = await backUntil(() => imageMappings() <= most && ownDescriptors() <= before.descriptors);
  t.true(isBack, `${imageMappings()} mappings of images, ${ownDescriptors()} of ${before.descriptors} descriptors`);
  // The engine has its own, a few for each thing that it has compiled.
  t.true(mappings() < before.mappings + 100, `${mappings()} mappings, ${before.mappings} before`);
});
