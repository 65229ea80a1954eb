// Waiting for a slot: in order, up to a limit, until it is called off.
import { PagePool, type PagefoldError, type PageLease } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { turn } from './helpers/garbage.ts';
import { PAGE } from './helpers/pages.ts';
import { randomFrom } from './helpers/random.ts';
import { rejected } from './helpers/refusal.ts';

function poolOf(slots: number, cleaner: 'release' | 'background' = 'background'): PagePool {
  return PagePool.create({ slots, slotByteLength: 2 * PAGE, cleaner });
}

function taken(pool: PagePool): PageLease {
  const lease = pool.tryAcquire();
  if (lease === undefined) throw new Error('there should be a slot');
  return lease;
}

for (const cleaner of ['release', 'background'] as const) {
  test(`16 waiters for each slot are served in the order in which they came: ${cleaner}`, async (t) => {
    using pool = poolOf(4, cleaner);
    const random = randomFrom(7);
    const held = [taken(pool), taken(pool), taken(pool), taken(pool)];
    const order: number[] = [];
    const all = Array.from({ length: 64 }, async (_, index) => {
      const lease = await pool.acquire({ timeoutMs: 60_000, affinity: random.below(5) });
      order.push(index);
      t.is(pool.tryAcquire(), undefined, 'nobody comes in between');
      if (random.chance(0.7)) lease.bytes.fill(index);
      if (random.chance(0.5)) await turn();
      lease.release();
    });
    t.is(pool.stats().waiting, 64);
    t.is(pool.tryAcquire(), undefined);
    for (const lease of held) lease.release();
    await Promise.all(all);
    t.deepEqual(order, Array.from(order.keys()));
    const { acquired, released, waiting, inUse } = pool.stats();
    t.deepEqual({ acquired, released, waiting, inUse }, { acquired: 68, released: 68, waiting: 0, inUse: 0 });
  });
}

test('who need not wait does not', async (t) => {
  using pool = poolOf(1);
  for (const options of [undefined, {}, { timeoutMs: 0 }, { timeoutMs: 5 }, { signal: new AbortController().signal }]) {
    const lease = await pool.acquire(options);
    t.is(lease.bytes[0], 0);
    lease.bytes[0] = 1;
    lease.release();
  }
});

test('a wait that takes too long', async (t) => {
  using pool = poolOf(1);
  const lease = taken(pool);
  for (const timeoutMs of [0, 1, 5]) {
    await rejected(t, 'ERR_PAGEFOLD_POOL_TIMEOUT', pool.acquire({ timeoutMs }));
  }
  const late = pool.acquire({ timeoutMs: 5 });
  const patient = pool.acquire({ timeoutMs: 60_000 });
  await rejected(t, 'ERR_PAGEFOLD_POOL_TIMEOUT', late);
  t.is(pool.stats().waiting, 1);
  lease.release();
  (await patient).release();
  t.is(pool.stats().timeouts, 4);
  t.is(pool.stats().acquired, 2);
});

test('a wait that is called off', async (t) => {
  using pool = poolOf(1);
  const lease = taken(pool);
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', pool.acquire({ signal: AbortSignal.abort('before') }));
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
  const waits = [first, second, third].map(({ signal }) => pool.acquire({ signal }));
  second.abort(new Error('enough'));
  const error = await rejected(t, 'ERR_PAGEFOLD_ABORTED', waits[1] as Promise<unknown>);
  t.is((error.cause as Error).message, 'enough');
  lease.release();
  const served = (await waits[0]) as PageLease;
  first.abort();
  t.false(served.released, 'who was served has the lease');
  served.bytes.fill(1);
  served.release();
  const last = (await waits[2]) as PageLease;
  t.is(last.bytes[0], 0);
  last.release();
  third.abort();
  const { aborted, acquired, inUse } = pool.stats();
  t.deepEqual({ aborted, acquired, inUse }, { aborted: 2, acquired: 3, inUse: 0 });
});

test('a signal that is aborted already gets nothing, though there is something', async (t) => {
  using pool = poolOf(1);
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', pool.acquire({ signal: AbortSignal.abort() }));
  t.is(pool.stats().acquired, 0);
});

test('nobody is left waiting when the pool is closed', async (t) => {
  const pool = poolOf(1);
  taken(pool);
  const codes = Array.from({ length: 20 }, async () => {
    try {
      await pool.acquire({ timeoutMs: 60_000 });
    } catch (error) {
      return (error as PagefoldError).code;
    }
    return 'served';
  });
  pool.close();
  t.deepEqual(new Set(await Promise.all(codes)), new Set(['ERR_PAGEFOLD_POOL_CLOSED']));
});

test('more slots are for those who wait', async (t) => {
  using pool = PagePool.create({ slots: 1, maxSlots: 4, slotByteLength: PAGE });
  const lease = taken(pool);
  const waits = [pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()];
  pool.resize(4);
  t.is(pool.stats().waiting, 1);
  t.is(pool.tryAcquire(), undefined);
  const served = await Promise.all(waits.slice(0, 3));
  t.is(new Set([lease, ...served].map(({ slot }) => slot)).size, 4);
  served[1]?.release();
  t.is((await waits[3])?.slot, served[1]?.slot);
});

test('a pool keeps no process alive, and nothing runs in it after close()', async (t) => {
  t.deepEqual(await outcomeOf('pool-idle'), { left: 'with nothing to do' });
});
