// Pools in the accounts of the process, and what becomes of those that nobody closes.
import { leaks, PagePool, stats } from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { outcomeOf } from './helpers/child.ts';
import { PAGE } from './helpers/pages.ts';

interface Outcome {
  readonly made: number;
  readonly most: { readonly live: number; readonly mapped: number; readonly unreclaimed: number };
  readonly code?: string;
  readonly major: number;
  readonly unreclaimed: number;
}

const BOUND = 512 * 2 ** 20;
const isDeno = 'deno' in process.versions;
const isNode = !isDeno && !('bun' in process.versions);

async function dropped(t: ExecutionContext, way: string): Promise<Outcome> {
  const outcome = (await outcomeOf('dropped', { args: [way] })) as Outcome;
  t.log(outcome);
  return outcome;
}

test.serial('a pool is counted, with its addresses, until it is closed', (t) => {
  const before = stats();
  const pool = PagePool.create({ slots: 3, maxSlots: 8, slotByteLength: 4 * PAGE, guardByteLength: PAGE });
  const open = stats();
  t.is(open.pools.live, before.pools.live + 1);
  t.true(open.mappedByteLength >= before.mappedByteLength + 8 * 4 * PAGE);
  t.true(leaks().some(({ kind, byteLength }) => kind === 'pool' && byteLength >= 8 * 4 * PAGE));
  const lease = pool.tryAcquire();
  lease?.bytes.fill(1);
  t.true(stats().privateByteLength >= before.privateByteLength + 4 * PAGE);
  pool.close();
  pool.close();
  const closed = stats();
  t.is(closed.pools.live, before.pools.live);
  t.is(closed.pools.disposed, before.pools.disposed + 1);
  t.true(closed.mappedByteLength < open.mappedByteLength);
});

test.serial('10,000 pools, never exposed, are given back while they are made', async (t) => {
  const { made, most, code } = await dropped(t, 'pools, never exposed');
  t.is(code, undefined);
  t.is(made, 10_000);
  t.true(most.live <= (isDeno ? 3000 : 256), `${most.live} at once`);
});

test.serial('2,500 pools, exposed, are bounded by the budget', async (t) => {
  const { made, most, code, unreclaimed } = await dropped(t, 'pools, exposed');
  t.true(most.unreclaimed <= BOUND);
  t.true(code === 'ERR_PAGEFOLD_BUDGET' || made === 2500, `${code} after ${made}`);
  t.is(unreclaimed, 0, 'given back once the loop has ended');
});

test.serial('1,000 pools that are closed cause no collection', async (t) => {
  const { made, major } = await dropped(t, 'pools, closed');
  t.is(made, 1000);
  if (!isNode) return t.log('skipped, the count of collections: only Node.js reports them');
  t.is(major, 0);
});
