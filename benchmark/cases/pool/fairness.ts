import { PagePool } from 'pagefold';

import type { Readings, Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';

const SLOTS = 4;
const WAITERS_PER_SLOT = 16;
const ROUNDS_OF_WAITERS = 50;
const SLOT_BYTES = MEBIBYTE;

/** How often somebody got a slot before another one who had waited longer, over the whole case. */
interface Overtaking {
  count: number;
}

/** Waits of those who come in crowds. Every one of them is back in the queue as soon as it had its turn. */
export const fairness: PoolCase = async (bench) => {
  const overtaken: Overtaking = { count: 0 };
  await bench.run({
    suite: 'pool',
    name: 'fairness',
    title: `waits of ${WAITERS_PER_SLOT} for each of ${SLOTS} slots, who write a page and come again`,
    params: { slots: SLOTS, waitersPerSlot: WAITERS_PER_SLOT },
    unit: 'µs',
    rounds: 11,
    subjects: [crowd('release', overtaken, bench.quick), crowd('background', overtaken, bench.quick)],
  });
  if (bench.quick) return;
  bench.figure({
    figure: `overtaking among ${SLOTS * WAITERS_PER_SLOT} who wait for ${SLOTS} slots`,
    wanted: 'at most once per waiter and round',
    measured: `${overtaken.count} times in all`,
    reached: overtaken.count === 0,
  });
};

function crowd(cleaner: 'release' | 'background', overtaken: Overtaking, quick: boolean): Subject {
  const pool = PagePool.create({ slots: SLOTS, slotByteLength: SLOT_BYTES, cleaner });
  const rounds = quick ? 1 : ROUNDS_OF_WAITERS;
  return {
    name: `cleaner '${cleaner}'`,
    async check() {
      await waitAll(pool, 2, overtaken);
      const { acquired, released, waiting, inUse } = pool.stats();
      if (acquired !== released || waiting !== 0 || inUse !== 0) throw new WrongResult('a lease was lost');
    },
    measure: () => waitAll(pool, rounds, overtaken),
    dispose: () => pool.close(),
  };
}

async function waitAll(pool: PagePool, rounds: number, overtaken: Overtaking): Promise<Readings> {
  const waits: number[] = [];
  let [tickets, served] = [0, 0];
  await Promise.all(
    Array.from({ length: SLOTS * WAITERS_PER_SLOT }, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const ticket = tickets;
        tickets += 1;
        const began = performance.now();
        const lease = await pool.acquire();
        waits.push(performance.now() - began);
        if (ticket !== served) overtaken.count += 1;
        served += 1;
        lease.bytes[0] = 1;
        await new Promise((resolve) => setImmediate(resolve));
        lease.release();
      }
    }),
  );
  waits.sort((one, other) => one - other);
  const at = (share: number): number => (waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN) * 1000;
  return { median: at(0.5), '99 of 100': at(0.99), longest: at(1) };
}
