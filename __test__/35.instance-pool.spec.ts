// A pool of guests: who gets one, in which order, and what becomes of it.
import { InstanceLease, InstancePool } from 'pagefold/wasm';
import { Snapshot } from 'pagefold';

import test from '#test';

import { accounted, pooled, pooledTestGuest, until, type PooledTestGuest } from './helpers/pooled.ts';
import { PAGE } from './helpers/pages.ts';
import { refused, rejected } from './helpers/refusal.ts';

test('a guest is clean for whoever gets it', async (t) => {
  const pool = await pooled({ size: 1 });
  for (let round = 0; round < 20; round++) {
    const lease = await pool.acquire();
    const { guest } = lease;
    t.deepEqual([guest.load(70_000), guest.load(5), guest.count.value, guest.table.get(1)], [97, 0, 0, null]);
    guest.store(5, 7);
    guest.store(70_000, 7);
    guest.tick();
    t.is(lease.view.byteLength, guest.memory.buffer.byteLength);
    t.false(lease.released);
    lease.release();
    t.true(lease.released);
  }
  const { created, acquired, resets, idle, lastError } = pool.stats();
  t.deepEqual([created, acquired, resets, idle, lastError], [1, 20, 20, 1, undefined]);
  await pool.close();
});

test('a lease ends once, and then it is lost', async (t) => {
  const pool = await pooled({ size: 1 });
  for (const end of ['release', 'discard'] as const) {
    const lease = await pool.acquire();
    lease[end]();
    for (const work of [() => lease.release(), () => lease.discard(), () => lease.guest, () => lease.view]) {
      refused(t, 'ERR_PAGEFOLD_LEASE_LOST', work);
    }
    lease[Symbol.dispose]();
    t.true(accounted(pool));
  }
  {
    using lease = await pool.acquire();
    t.is(pool.stats().inUse, 1);
    t.true(lease instanceof InstanceLease);
  }
  t.is(pool.stats().inUse, 0);
  await pool.close();
});

test('a released lease touches nobody else', async (t) => {
  const pool = await pooled({ size: 1 });
  const early = await pool.acquire();
  early.release();
  const late = await pool.acquire();
  refused(t, 'ERR_PAGEFOLD_LEASE_LOST', () => early.release());
  early[Symbol.dispose]();
  t.is(pool.stats().inUse, 1);
  t.false(late.released);
  late.guest.store(1, 1);
  late.release();
  await pool.close();
});

test('run releases, whatever happens', async (t) => {
  const pool = await pooled({ size: 1 });
  t.is(await pool.run((guest) => guest.tick()), 1);
  t.is(await pool.run(async (guest) => (await Promise.resolve(), guest.tick())), 1);
  class Mine extends Error {}
  await t.throwsAsync(
    pool.run(() => Promise.reject(new Mine())),
    { instanceOf: Mine },
  );
  await t.throwsAsync(
    pool.run((guest) => {
      guest.tick();
      throw new Mine();
    }),
    { instanceOf: Mine },
  );
  t.is(
    await pool.run((guest, lease) => (lease.release(), guest.number)),
    0 + (await pool.run((guest) => guest.number)),
  );
  await pool.run((_, lease) => lease.discard());
  const { created, inUse, discarded } = pool.stats();
  t.deepEqual([created, inUse, discarded.discarded, discarded.trap], [1, 0, 1, 0]);
  await pool.close();
});

test('the rest of the pool is made in the background, and shares what is equal', async (t) => {
  const pool = await pooled({ size: 5 });
  t.is(pool.stats().created, 1);
  t.is(pool.stats().rebuilding, 1);
  await until(() => pool.stats().idle === 5);
  const leases = await Promise.all(Array.from({ length: 5 }, () => pool.acquire()));
  t.is(new Set(leases.map(({ guest }) => guest.number)).size, 5);
  const stored = leases.map(({ view }) => view.baseline?.storedByteLength).toSorted();
  t.deepEqual(stored, [0, 0, 0, 0, PAGE]);
  t.is(pool.tryAcquire(), undefined);
  for (const lease of leases) lease.release();
  t.is(pool.stats().idle, 5);
  await pool.close();
  t.true(accounted(pool));
});

test('a pool shares with one of another thread, or of this one', async (t) => {
  const one = await pooled({ size: 1 });
  const other = await pooled({ size: 2, like: Snapshot.attach(one.snapshot.share()) });
  const leases = [await other.acquire(), await other.acquire()];
  t.deepEqual(
    leases.map(({ view }) => view.baseline?.storedByteLength),
    [0, 0],
  );
  t.not(one.snapshot.id, other.snapshot.id);
  await one.close();
  for (const { guest } of leases) t.is(guest.load(70_000), 97);
  for (const lease of leases) lease.release();
  t.is(await other.run((guest) => guest.load(70_000)), 97);
  await other.close();
});

test('guests are made when somebody waits for one, if that is asked for', async (t) => {
  const pool = await pooled({ size: 3, fill: 'demand' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.deepEqual([pool.stats().created, pool.stats().rebuilding], [1, 0]);
  const leases = [await pool.acquire(), await pool.acquire()];
  t.is(pool.stats().created, 2);
  for (const lease of leases) lease.release();
  t.is(pool.stats().created, 2);
  await pool.close();
});

test('those who wait are served in the order of their calls', async (t) => {
  for (const cleaner of ['release', 'background'] as const) {
    const pool = await pooled({ size: 2, cleaner });
    await until(() => pool.stats().idle === 2);
    const served: number[] = [];
    const [waiters, rounds] = [32, 4];
    const visitor = async (name: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        const lease = await pool.acquire();
        served.push(name);
        t.is(lease.guest.load(name), 0);
        lease.guest.store(name, 1);
        await new Promise((resolve) => setImmediate(resolve));
        lease.release();
      }
    };
    await Promise.all(Array.from({ length: waiters }, (_, name) => visitor(name)));
    // Whoever comes back waits behind all others: each round serves everybody once, in the same order.
    const everybody = Array.from({ length: waiters }, (_, name) => name);
    for (let round = 0; round < rounds; round++) {
      t.deepEqual(served.slice(round * waiters, (round + 1) * waiters), everybody, `${cleaner}, round ${round}`);
    }
    t.is(pool.stats().waiting, 0);
    await pool.close();
  }
});

test('nobody gets in ahead of those who wait', async (t) => {
  const pool = await pooled({ size: 1, cleaner: 'background' });
  const lease = await pool.acquire();
  const waiting = pool.acquire();
  lease.release();
  t.is(pool.tryAcquire(), undefined);
  t.is(pool.stats().cleaning, 1);
  const next = await waiting;
  next.release();
  // Cleaned on the spot.
  const inline = pool.tryAcquire();
  t.not(inline, undefined);
  inline?.release();
  await pool.close();
});

test('a wait ends with the signal, or after its time', async (t) => {
  const pool = await pooled({ size: 1 });
  const lease = await pool.acquire();
  const controller = new AbortController();
  const aborted = pool.acquire({ signal: controller.signal });
  const late = pool.acquire({ timeoutMs: 5 });
  const patient = pool.acquire();
  controller.abort(new Error('enough'));
  t.is(((await rejected(t, 'ERR_PAGEFOLD_ABORTED', aborted)).cause as Error).message, 'enough');
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', pool.acquire({ signal: AbortSignal.abort() }));
  await rejected(t, 'ERR_PAGEFOLD_POOL_TIMEOUT', late);
  await rejected(
    t,
    'ERR_PAGEFOLD_POOL_TIMEOUT',
    pool.run(() => 1, { timeoutMs: 0 }),
  );
  t.is(pool.stats().waiting, 1);
  lease.release();
  (await patient).release();
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', pool.acquire({ signal: AbortSignal.abort() }), 'also when one is there');
  t.is(pool.stats().idle, 1);
  await pool.close();
});

test('a smaller pool gives guests up, a larger one makes more', async (t) => {
  const disposed: number[] = [];
  const pool = await pooled({ size: 4, dispose: ({ number }) => void disposed.push(number) });
  await until(() => pool.stats().idle === 4);
  const leases = [await pool.acquire(), await pool.acquire()];
  pool.resize(1);
  t.deepEqual([pool.stats().idle, pool.stats().inUse, pool.stats().retired], [0, 2, 2]);
  for (const lease of leases) lease.release();
  t.deepEqual([pool.stats().idle, pool.stats().retired, disposed.length], [1, 3, 3]);
  pool.resize(3);
  await until(() => pool.stats().idle === 3);
  t.is(pool.stats().created, 6);
  for (const size of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 40]) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.resize(size));
  }
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.resize('2' as unknown as number));
  t.is(pool.stats().size, 3);
  await pool.close();
  t.true(accounted(pool));
});

test('closing sends away who waits, and leaves leases until they are released', async (t) => {
  const disposed: number[] = [];
  const dispose = async ({ number }: PooledTestGuest): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    disposed.push(number);
  };
  const pool = await pooled({ size: 2, dispose });
  await until(() => pool.stats().idle === 2);
  const leases = [await pool.acquire(), await pool.acquire()];
  leases[0]?.release();
  const other = await pool.acquire();
  const waiting = pool.acquire();
  other.release();
  const served = await waiting;
  const sentAway = pool.acquire();
  const closing = pool.close();
  await rejected(t, 'ERR_PAGEFOLD_POOL_CLOSED', sentAway);
  t.is(pool.close(), closing);
  await closing;
  t.true(pool.closed);
  t.true(pool.snapshot.disposed);
  t.is(served.guest.tick(), 1);
  served.release();
  leases[1]?.discard();
  t.deepEqual([pool.stats().inUse, pool.stats().retired, pool.stats().discarded.discarded], [0, 1, 1]);
  await until(() => disposed.length === 2);
  refused(t, 'ERR_PAGEFOLD_POOL_CLOSED', () => pool.tryAcquire());
  refused(t, 'ERR_PAGEFOLD_POOL_CLOSED', () => pool.resize(2));
  await rejected(t, 'ERR_PAGEFOLD_POOL_CLOSED', pool.acquire());
  await rejected(
    t,
    'ERR_PAGEFOLD_POOL_CLOSED',
    pool.run(() => 1),
  );
  pool[Symbol.dispose]();
  await pool[Symbol.asyncDispose]();
  t.true(accounted(pool));
});

test('what is wrong is refused, and no guest is made', async (t) => {
  let made = 0;
  const create = (): PooledTestGuest => ((made += 1), pooledTestGuest());
  const good = { create, size: 1 };
  const wrong: [string, unknown][] = [
    ['create', undefined],
    ['create', {}],
    ['size', '1'],
    ['ready', 1],
    ['instance', {}],
    ['memory', new WebAssembly.Memory({ initial: 1 })],
    ['like', {}],
    ['tables', 'all'],
    ['onCapture', 1],
    ['beforeReset', null],
    ['onRestore', 'x'],
    ['dispose', []],
    ['cleaner', 'never'],
    ['fill', true],
    ['concurrency', '1'],
    ['maxByteLength', '1'],
    ['maxUses', true],
    ['tracker', 'none'],
    ['verify', 'yes'],
  ];
  for (const [name, value] of wrong) {
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', InstancePool.create({ ...good, [name]: value } as never), name);
  }
  for (const [name, value] of [
    ['size', 0],
    ['size', 1.5],
    ['concurrency', -1],
    ['maxByteLength', -1],
    ['maxUses', 0],
  ] as const) {
    await rejected(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', InstancePool.create({ ...good, [name]: value }), name);
  }
  await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', InstancePool.create(undefined as never));
  t.is(made, 0);
  const pool = await InstancePool.create(good);
  await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.run(1 as never));
  await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire(1 as never));
  await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire({ timeoutMs: '1' } as never));
  await rejected(
    t,
    'ERR_PAGEFOLD_OUT_OF_RANGE',
    pool.run(() => 1, { runTimeoutMs: Number.NaN }),
  );
  await rejected(
    t,
    'ERR_PAGEFOLD_INVALID_ARGUMENT',
    pool.run(() => 1, { runTimeoutMs: true } as never),
  );
  t.throws(() => new (InstancePool as unknown as new () => unknown)());
  t.throws(() => new (InstanceLease as unknown as new () => unknown)());
  t.is(pool.stats().acquired, 0);
  await pool.close();
});

const own = (guest: unknown): WebAssembly.Instance =>
  typeof guest === 'object' && guest !== null && 'deep' in guest
    ? ((guest.deep as unknown[])[0] as WebAssembly.Instance)
    : ({ exports: {} } as WebAssembly.Instance);

test('the instance and the memory of a guest can be anywhere', async (t) => {
  const { instance } = pooledTestGuest();
  const memory = new WebAssembly.Memory({ initial: 1 });
  let made = 0;
  const guests = [instance, { instance: pooledTestGuest().instance }, { deep: [pooledTestGuest().instance] }, 5];
  for (const [index, guest] of guests.entries()) {
    const options = index < 2 ? {} : index === 2 ? { instance: own } : { instance: own, memory: () => memory };
    const pool = await InstancePool.create({ create: () => ((made += 1), guest), size: 1, ...options });
    const lease = await pool.acquire();
    t.is(lease.guest, guest);
    lease.release();
    await pool.close();
  }
  t.is(made, 4);
  for (const guest of [undefined, null, 1, 'x', {}, { exports: 1 }, { instance: {} }]) {
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', InstancePool.create({ create: () => guest, size: 1 }));
  }
});
