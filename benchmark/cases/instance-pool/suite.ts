import { existsSync } from 'node:fs';

import { times } from '../../harness/print/amount.ts';
import { ratioOf } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { interpreters, LINEAR_MEMORIES, POOLED, PROCESS, SEPARATE, WITH_IMAGES } from './interpreters.ts';
import { ANEW, BACKGROUND, LEASE, RUN, smallGuestSubjects } from './small-guest.ts';

const WANTED_SHARE = 8;
const COUNT = Number(process.env['PAGEFOLD_BENCH_INTERPRETERS'] ?? 32);

export const instancePool: Suite = {
  name: 'instance-pool',
  shows: 'guests that are kept ready: the memory of 32 CPythons, and a request against a new instance',
  async run(bench) {
    await runSmallGuest(bench);
    if (existsSync('/proc/self/smaps')) await runInterpreters(bench);
    else bench.note('instance-pool: skipped the memory of interpreters, this system does not tell what a process maps');
  },
};

async function runSmallGuest(bench: Bench): Promise<void> {
  await bench.run({
    suite: 'instance-pool',
    name: 'small-guest',
    title: 'a guest of 1 MiB, a quarter of it in use, of which a request writes 8 pages; clean each time',
    params: { byteLength: 2 ** 20, dirtyPages: 8 },
    unit: 'µs',
    rounds: 41,
    subjects: await smallGuestSubjects(),
    ratios: [RUN, LEASE, BACKGROUND].map((to) => ({ of: ANEW, to })),
  });
}

async function runInterpreters(bench: Bench): Promise<void> {
  const count = bench.quick ? 2 : COUNT;
  const result = await bench.run({
    suite: 'instance-pool',
    name: 'interpreters',
    title: `${count} CPythons that have served requests, in one process; proportional resident memory (Pss)`,
    params: { count },
    unit: 'MiB',
    rounds: 1,
    subjects: [interpreters(POOLED, count), interpreters(SEPARATE, count)],
    ratios: [{ of: SEPARATE, to: POOLED }],
  });
  if (bench.quick) return;
  for (const part of [LINEAR_MEMORIES, WITH_IMAGES]) {
    const share = ratioOf(result, SEPARATE, POOLED, part);
    bench.figure({
      figure: `${count} CPythons in a pool, ${part}: resident memory against as many started separately`,
      wanted: `≤ 1/${WANTED_SHARE}`,
      measured: `1/${times(share).replace('×', '')}`,
      reached: share >= WANTED_SHARE,
    });
  }
  const whole = ratioOf(result, SEPARATE, POOLED, PROCESS);
  bench.note(
    `The whole process takes 1/${times(whole).replace('×', '')}: compiled code and the heap of JavaScript are not shared.`,
  );
}
