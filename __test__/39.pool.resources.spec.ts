// What pools take of the system, and give back: at every limit, from the garbage collector, from threads that end.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';

import { Snapshot } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { collectedUntil } from './helpers/garbage.ts';
import { PAGE, paint } from './helpers/pages.ts';
import { imageMappings, ownDescriptors, tellsProcessState } from './helpers/process-state.ts';
import { seeded } from './helpers/random.ts';
import { skip } from './helpers/skip.ts';
import { startWorker } from './helpers/worker.ts';

interface Limits {
  readonly most: number;
  readonly codes: Readonly<Record<string, number>>;
}

test.serial('without mappings: a typed error, and the pool works on', async (t) => {
  const { most, codes } = (await outcomeOf('pool-limits', { args: ['mappings'] })) as Limits;
  t.log(`${most} slots`, codes);
  if (most === 60_000) return skip(t, 'limit of mappings', 'this system has more than the usual 65,530');
  t.true(most > 10_000);
  t.deepEqual(Object.keys(codes), ['ERR_PAGEFOLD_OUT_OF_MEMORY']);
});

test.serial('without descriptors', async (t) => {
  const limit = 'ulimit -n 200';
  if (spawnSync('sh', ['-c', limit]).status !== 0) return skip(t, 'limit of descriptors', 'the shell cannot set one');
  const { most, codes } = (await outcomeOf('pool-limits', { args: ['descriptors'], shell: limit })) as Limits;
  t.log(codes);
  t.is(most, 400);
  for (const code of Object.keys(codes)) t.true(['ERR_PAGEFOLD_OUT_OF_MEMORY', 'ERR_PAGEFOLD_SYSTEM'].includes(code));
});

test.serial('without address space', async (t) => {
  const { codes } = (await outcomeOf('pool-limits', { args: ['address space'] })) as Limits;
  t.is(codes['ERR_PAGEFOLD_OUT_OF_MEMORY'], 1);
});

for (const scenario of ['leases', 'bytes keep the lease', 'bytes outlive the pool']) {
  test.serial(`dropped: ${scenario}`, async (t) => {
    t.truthy(await outcomeOf('pool-garbage', { args: [scenario] }));
  });
}

test.serial('1,000 pools, dropped with leases and waiters', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const outcome = (await outcomeOf('pool-garbage', { args: ['pools'] })) as { isBack: boolean };
  t.true(outcome.isBack, JSON.stringify(outcome));
});

test.serial('threads that end while they hold leases give everything back', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const contents = new Uint8Array(8 * PAGE);
  paint(contents);
  const snapshot = Snapshot.capture(contents);
  const ticket = snapshot.share();
  const run = async (rounds: number): Promise<void> => {
    const workers = [0, 1].map(() => startWorker('lease', { ticket, rounds, slots: 6 }));
    const failures = workers.map((worker) => new Promise((_, reject) => worker.once('error', reject)));
    const [message] = await Promise.race([once(workers[0] as NodeJS.EventEmitter, 'message'), ...failures] as Promise<
      [{ inUse: number }]
    >[]);
    t.true(message.inUse > 0);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  await run(1e9);
  await collectedUntil(() => false, 3);
  const before = { descriptors: ownDescriptors(), imageMappings: imageMappings() };
  for (let round = 0; round < 6; round += 1) await run(1e9);
  // Until now the threads could attach it.
  snapshot.dispose();
  if ('deno' in process.versions) {
    return t.log('skipped, what ended workers give back: Deno finalizes no native object of a worker that ends');
  }
  const isBack = await collectedUntil(
    () => ownDescriptors() <= before.descriptors && imageMappings() <= before.imageMappings + 2,
  );
  t.true(isBack, JSON.stringify({ before, descriptors: ownDescriptors(), imageMappings: imageMappings() }));
});

test.serial('a few seconds of random everything', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  if ('deno' in process.versions) return skip(t, 'finalizers', 'Deno finalizes nothing of a worker that ends');
  const seed = String(seeded(t).below(2 ** 31));
  const outcome = await outcomeOf('soak', { args: ['4', seed] });
  t.log(outcome);
  t.like(outcome, { isBack: true, isResidentBack: true });
});
