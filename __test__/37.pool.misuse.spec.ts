// Pools and leases used in every wrong way: a typed error, and everything as before.
import { constants } from 'node:buffer';
import { MessageChannel } from 'node:worker_threads';

import { PageLease, PagefoldError, PagePool, Region, Snapshot, type PagePoolOptions } from 'pagefold';

import test from '#test';

import { isZero, PAGE } from './helpers/pages.ts';
import { refused, rejected } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';

const OPTIONS = { slots: 2, slotByteLength: 4 * PAGE };

const JUNK: readonly unknown[] = [
  null,
  true,
  '1',
  1n,
  Symbol('slots'),
  [],
  {},
  () => {},
  new Date(),
  new Proxy({}, {}),
];
const NO_COUNTS: readonly number[] = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, 1e300, -0.1];

/** Changed options, of any kind. */
function create(options: Record<string, unknown>): PagePool {
  return PagePool.create({ ...OPTIONS, ...options } as unknown as PagePoolOptions);
}

test('options of the wrong type', (t) => {
  for (const name of [
    'slots',
    'maxSlots',
    'slotByteLength',
    'guardByteLength',
    'idleByteLength',
    'residentByteLength',
  ]) {
    for (const value of JUNK) {
      refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => create({ [name]: value }), `${name} ${typeof value}`);
    }
    for (const value of NO_COUNTS) {
      refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => create({ [name]: value }), `${name} ${value}`);
    }
  }
  for (const name of ['snapshot', 'cleaner', 'tracker', 'verify', 'name']) {
    for (const value of [0, 17, {}, [], false, () => {}]) {
      refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => create({ [name]: value }), name);
    }
  }
  for (const options of [undefined, null, 1, 'x', {}, [], () => {}] as unknown as PagePoolOptions[]) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => PagePool.create(options), String(options));
  }
});

test('options of impossible size', (t) => {
  const outOfRange: Record<string, unknown>[] = [
    { slots: 0 },
    { slots: 2 ** 16 + 1 },
    { slots: 3, maxSlots: 2 },
    { maxSlots: 2 ** 17 },
    { slotByteLength: 0 },
    { slots: 2 ** 16, slotByteLength: 2 ** 52 },
    { slots: 2, slotByteLength: PAGE, guardByteLength: Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % PAGE) },
  ];
  for (const options of outOfRange) {
    const error = t.throws(() => create(options), { instanceOf: PagefoldError }, JSON.stringify(options));
    const codes = ['ERR_PAGEFOLD_OUT_OF_RANGE', 'ERR_PAGEFOLD_OUT_OF_MEMORY'];
    t.true(codes.includes(error?.code ?? ''), `${JSON.stringify(options)}: ${error?.code}`);
  }
  refused(t, 'ERR_PAGEFOLD_OUT_OF_MEMORY', () => create({ slots: 2 ** 16, slotByteLength: 2 ** 40 }));
  for (const options of [{ slotByteLength: 1 }, { slotByteLength: PAGE + 1 }, { guardByteLength: 100 }]) {
    refused(t, 'ERR_PAGEFOLD_UNALIGNED', () => create(options), JSON.stringify(options));
  }
  const snapshot = Snapshot.capture(new Uint8Array(5 * PAGE));
  refused(t, 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE', () => create({ snapshot }));
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => PagePool.create({ slots: 1 }));
});

test('more bytes than a buffer of the runtime can have', (t) => {
  const most = constants.MAX_LENGTH;
  if (most > 2 ** 40) return skip(t, 'longest buffer', 'this runtime has longer buffers than there are addresses');
  const error = refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => create({ slots: 2, slotByteLength: most }));
  t.true(error.message.includes('several pools'));
  const region = Region.allocate(most + PAGE);
  for (let times = 0; times < 3; times += 1) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.bytes);
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.view());
  }
  region.dispose();
  using pool = create({ slots: 2, slotByteLength: 2 ** 30, maxSlots: Math.floor(most / 2 ** 30) });
  const lease = pool.tryAcquire();
  t.is(lease?.bytes.length, 2 ** 30);
});

test('arguments of a pool', async (t) => {
  using pool = create({});
  for (const value of JUNK) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.resize(value as number));
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.trim(value as number));
    if (typeof value !== 'string') {
      refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.tryAcquire({ affinity: value as string }));
      await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire({ affinity: value as string }));
    }
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire({ timeoutMs: value as number }));
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire({ signal: value as AbortSignal }));
  }
  for (const value of [null, 1, 'x', true] as unknown as object[]) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => pool.tryAcquire(value));
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', pool.acquire(value));
  }
  for (const value of NO_COUNTS) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.resize(value));
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.trim(value));
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.tryAcquire({ affinity: value }));
    await rejected(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', pool.acquire({ timeoutMs: value === 0.5 ? -0.5 : value }));
  }
  for (const slots of [0, 3]) refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => pool.resize(slots));
  for (const affinity of ['', 'x'.repeat(100_000), '\0', '\ud800', 0, Number.MAX_SAFE_INTEGER]) {
    pool.tryAcquire({ affinity })?.release();
  }
  const { acquired, inUse, waiting, unknown } = pool.stats();
  t.deepEqual({ acquired, inUse, waiting, unknown }, { acquired: 6, inUse: 0, waiting: 0, unknown: 0 });
});

test('options that do things when they are read', async (t) => {
  const pool = create({});
  await rejected(
    t,
    'ERR_PAGEFOLD_POOL_CLOSED',
    pool.acquire({
      get timeoutMs(): number {
        pool.close();
        return 1;
      },
    }),
  );
  const other = create({ slots: 1 });
  const lease = other.tryAcquire({
    get affinity(): string {
      other.tryAcquire()?.bytes.fill(1);
      return 'a';
    },
  });
  t.is(lease, undefined, 'the slot was taken meanwhile');
  other.close();
});

test('methods and accessors on what they do not belong to', (t) => {
  using pool = create({});
  using lease = pool.tryAcquire() as PageLease;
  const inspect = Symbol.for('nodejs.util.inspect.custom');
  for (const [own, Class] of [[pool, PagePool] as const, [lease, PageLease] as const]) {
    const receivers = [
      undefined,
      null,
      1,
      {},
      Object.create(Class.prototype),
      Object.create(own),
      new Proxy(own, {}),
      Class,
    ];
    const other = own === pool ? lease : pool;
    for (const key of Reflect.ownKeys(Class.prototype)) {
      if (key === 'constructor' || key === inspect) continue;
      const { value, get } = Object.getOwnPropertyDescriptor(Class.prototype, key) ?? {};
      const call = (value ?? get) as (...args: unknown[]) => unknown;
      for (const receiver of key === Symbol.dispose ? receivers : [...receivers, other]) {
        let outcome: unknown;
        try {
          outcome = Reflect.apply(call, receiver, [1]);
        } catch (error) {
          outcome = error;
        }
        if (outcome instanceof Promise) t.throwsAsync(outcome as Promise<unknown>);
        else t.true(outcome instanceof TypeError || outcome instanceof PagefoldError, `${Class.name}.${String(key)}`);
      }
    }
    for (const args of [[], [undefined], [{}], [Symbol('made by pagefold'), {}, 1]]) {
      t.throws(() => Reflect.construct(Class, args), { code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
    }
  }
  t.false(lease.released);
  t.false(pool.closed);
  t.is(pool.stats().inUse, 1);
});

test('a closed pool', async (t) => {
  const pool = create({});
  const used = pool.tryAcquire() as PageLease;
  const unused = pool.tryAcquire() as PageLease;
  const { bytes, view } = used;
  bytes.fill(1);
  const waiting = pool.acquire();
  pool.close();
  t.true(pool.closed);
  t.true(used.released && unused.released);
  t.is(bytes.length, 0, 'arrays are empty');
  t.is(bytes.buffer.byteLength, 0);
  await rejected(t, 'ERR_PAGEFOLD_POOL_CLOSED', waiting);
  await rejected(t, 'ERR_PAGEFOLD_POOL_CLOSED', pool.acquire());
  for (const call of [() => pool.tryAcquire(), () => pool.stats(), () => pool.trim(), () => pool.resize(1)]) {
    refused(t, 'ERR_PAGEFOLD_POOL_CLOSED', call);
  }
  for (const lease of [used, unused]) {
    for (const call of [() => lease.bytes, () => lease.view, () => lease.release()]) {
      refused(t, 'ERR_PAGEFOLD_LEASE_LOST', call);
    }
    lease[Symbol.dispose]();
  }
  refused(t, 'ERR_PAGEFOLD_LEASE_LOST', () => view.reset());
  view.dispose();
  const { slots, maxSlots, slotByteLength, name } = pool;
  t.deepEqual({ slots, maxSlots, slotByteLength, name }, { ...OPTIONS, maxSlots: 2, name: '' });
  t.is(pool.snapshot.byteLength, OPTIONS.slotByteLength);
  pool.close();
  pool[Symbol.dispose]();
});

test('closed while others are at work on it', async (t) => {
  const pool = create({ slots: 1 });
  const lease = pool.tryAcquire() as PageLease;
  const controller = new AbortController();
  const order: string[] = [];
  const signalled = pool.acquire({ signal: controller.signal }).catch((error: PagefoldError) => order.push(error.code));
  const other = pool.acquire().catch((error: PagefoldError) => order.push(error.code));
  controller.signal.addEventListener('abort', () => pool.close());
  controller.abort();
  await Promise.all([signalled, other]);
  t.deepEqual(order.toSorted(), ['ERR_PAGEFOLD_ABORTED', 'ERR_PAGEFOLD_POOL_CLOSED']);
  t.true(lease.released);
});

test('a signal whose methods do other things', async (t) => {
  using pool = create({ slots: 1 });
  const lease = pool.tryAcquire() as PageLease;
  const { signal } = new AbortController();
  Object.defineProperty(signal, 'removeEventListener', {
    value() {
      if (pool.tryAcquire() !== undefined) throw new Error('the slot is given away twice');
    },
  });
  const waiting = pool.acquire({ signal });
  lease.release();
  t.is((await waiting).slot, lease.slot);
});

test('bytes that were transferred to another owner', async (t) => {
  if (!('transfer' in ArrayBuffer.prototype)) return skip(t, 'ArrayBuffer.transfer', 'this runtime lacks it');
  const pool = create({});
  const lease = pool.tryAcquire() as PageLease;
  const { view } = lease;
  lease.bytes.fill(7);
  const buffer: ArrayBuffer & { transfer?(): ArrayBuffer } = lease.bytes.buffer;
  const owned = new Uint8Array(buffer.transfer?.() ?? new ArrayBuffer(0));
  const calls = [() => pool.tryAcquire(), () => lease.bytes, () => lease.view.reset(), () => view.dirty()];
  for (const call of [...calls, () => pool.resize(1), () => pool.trim()]) refused(t, 'ERR_PAGEFOLD_DETACHED', call);
  t.is(pool.slots, 2);
  await rejected(t, 'ERR_PAGEFOLD_DETACHED', pool.acquire());
  lease.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  pool.close();
  t.is(owned.filter((byte) => byte === 7).length, OPTIONS.slotByteLength, 'they are all there');
  owned.fill(9);
  t.true(owned.every((byte) => byte === 9));
});

test('what arrives elsewhere is no pool and no lease', async (t) => {
  using pool = create({});
  using lease = pool.tryAcquire() as PageLease;
  const { port1, port2 } = new MessageChannel();
  for (const object of [pool, lease]) {
    for (const send of [(): unknown => structuredClone(object), (): unknown => port1.postMessage(object)]) {
      try {
        const clone = send();
        t.false(clone instanceof PagePool || clone instanceof PageLease);
        if (typeof clone === 'object') t.deepEqual(Reflect.ownKeys(clone as object), []);
      } catch (error) {
        t.is((error as Error).name, 'DataCloneError');
      }
    }
  }
  port1.close();
  port2.close();
  lease.bytes.fill(3);
  const copy = structuredClone(lease.bytes);
  t.is(copy.length, lease.bytes.length);
  copy.fill(4);
  t.is(lease.bytes[0], 3);
  const { bytes } = lease;
  try {
    // Refused, a copy, or, on Deno, transferred.
    structuredClone(bytes, { transfer: [bytes.buffer] }).fill(4);
  } catch (error) {
    t.is((error as Error).name, 'DataCloneError');
  }
  if (bytes.length === 0) refused(t, 'ERR_PAGEFOLD_DETACHED', () => lease.bytes);
  else t.is(lease.bytes[0], 3);
  t.is(pool.stats().inUse, 1);
});

test('views of leases and regions do not get in the way of each other', (t) => {
  using pool = create({ slots: 1 });
  for (let round = 0; round < 3; round += 1) {
    using lease = pool.tryAcquire() as PageLease;
    t.true(isZero(lease.bytes));
    lease.view.restore(Snapshot.capture(new Uint8Array(PAGE).fill(1)));
    const region = Region.allocate(4 * PAGE);
    region.view().restore(pool.snapshot);
    t.true(isZero(region.bytes));
    refused(t, 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE', () =>
      lease.view.restore(Snapshot.capture(new Uint8Array(OPTIONS.slotByteLength + 1))),
    );
    t.is(lease.bytes[0], 1);
    region.dispose();
  }
});
