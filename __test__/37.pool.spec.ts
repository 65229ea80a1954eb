// Pools: slots that begin as a snapshot, whatever was done to them before.
import { inspect } from 'node:util';

import { doctor, PagePool, Region, Snapshot, type MemoryView, PageLease, type PagePoolOptions } from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { turn } from './helpers/garbage.ts';
import { equalBytes, isZero, PAGE, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

const SLOT_PAGES = 64;
const SLOT = SLOT_PAGES * PAGE;
const SECRET = 0xa5;

function image(salt = 0): Uint8Array {
  const bytes = new Uint8Array(SLOT - 100);
  paint(bytes.subarray(0, 48 * PAGE), salt);
  return bytes;
}

function taken(pool: PagePool, affinity?: string | number): PageLease {
  const lease = pool.tryAcquire(affinity === undefined ? undefined : { affinity });
  if (lease === undefined) throw new Error('there should be a slot');
  return lease;
}

/** Waits for the pool to clean what it has to, which it does in its own time. */
async function cleaned(pool: PagePool): Promise<void> {
  for (let times = 0; times < 1000 && pool.stats().unknown > 0; times += 1) await turn();
}

function isImage(bytes: Uint8Array, contents: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, contents.length), contents) && isZero(bytes.subarray(contents.length));
}

test('a slot holds the snapshot, and zeros after it, each time it is leased', (t) => {
  const contents = image();
  using pool = PagePool.create({ slots: 2, snapshot: Snapshot.capture(contents) });
  t.is(pool.slotByteLength, SLOT);
  t.is(pool.slots, 2);
  t.is(pool.maxSlots, 2);
  for (let round = 0; round < 5; round += 1) {
    using lease = taken(pool);
    t.is(lease.bytes.length, SLOT);
    t.true(isImage(lease.bytes, contents));
    lease.bytes.fill(SECRET);
  }
  t.is(pool.stats().acquired, 5);
});

test('without a snapshot slots are zero', (t) => {
  using pool = PagePool.create({ slots: 1, slotByteLength: SLOT, cleaner: 'release' });
  for (let round = 0; round < 3; round += 1) {
    const lease = taken(pool);
    t.true(isZero(lease.bytes));
    lease.bytes.fill(SECRET);
    t.is(lease.view.baseline, pool.snapshot);
    lease.release();
  }
  t.is(pool.snapshot.byteLength, SLOT);
  t.is(pool.snapshot.storedByteLength, 0);
});

test('all slots lie in one buffer, and no two have a byte in common', (t) => {
  using pool = PagePool.create({ slots: 3, slotByteLength: SLOT, guardByteLength: PAGE });
  const leases = [taken(pool), taken(pool), taken(pool)];
  t.is(pool.tryAcquire(), undefined);
  t.is(new Set(leases.map(({ bytes }) => bytes.buffer)).size, 1);
  leases.forEach(({ bytes }, index) => bytes.fill(index + 1));
  leases.forEach(({ bytes }, index) => t.true(bytes.every((byte) => byte === index + 1)));
  t.deepEqual(leases.map(({ slot }) => slot).toSorted(), [0, 1, 2]);
});

test('a lease ends once, and nothing that goes through it works afterwards', async (t) => {
  using pool = PagePool.create({ slots: 1, slotByteLength: SLOT });
  const lease = taken(pool);
  const { view, generation } = lease;
  lease.bytes[0] = 1;
  t.false(lease.released);
  t.is(lease.release(), undefined);
  t.true(lease.released);
  const next = taken(pool);
  t.is(next.slot, lease.slot);
  t.not(next.generation, generation);
  next.bytes.fill(7);
  const calls: Record<string, () => unknown> = {
    release: () => lease.release(),
    bytes: () => lease.bytes,
    view: () => lease.view,
    'view.bytes': () => view.bytes,
    'view.byteLength': () => view.byteLength,
    reset: () => view.reset(),
    'reset, keeping': () => view.reset({ keepIgnored: true }),
    dirty: () => view.dirty(),
    snapshot: () => view.snapshot(),
    restore: () => view.restore(pool.snapshot),
    discard: () => view.discard(0, PAGE),
    map: () => view.map(Region.allocate(PAGE, { mappable: true }), { byteOffset: 0 }),
    trim: () => view.trim(),
    prefault: () => view.prefault(),
    residency: () => view.residency(),
    diff: () => view.diff(),
    rejected: () => view.rejected,
  };
  for (const [name, call] of Object.entries(calls)) refused(t, 'ERR_PAGEFOLD_LEASE_LOST', call, name);
  t.true(view.disposed);
  lease[Symbol.dispose]();
  view.dispose();
  await turn();
  t.true(
    next.bytes.every((byte) => byte === 7),
    'the next holder was left alone',
  );
  t.is(pool.stats().inUse, 1);
});

test('the view of a lease is a real one, and its end is not that of the lease', (t) => {
  const contents = new Uint8Array(SLOT);
  paint(contents);
  using pool = PagePool.create({ slots: 1, snapshot: Snapshot.capture(contents) });
  using lease = taken(pool);
  const { view } = lease;
  t.is(lease.view, view);
  t.is(view.bytes, lease.bytes);
  t.is(view.baseline, pool.snapshot);
  t.is(view.dirty().pageCount, 0);
  lease.bytes.fill(1, 3 * PAGE, 5 * PAGE);
  t.deepEqual([...view.dirty().ranges], [{ byteOffset: 3 * PAGE, byteLength: 2 * PAGE }]);
  t.is(view.diff().byteLength, SLOT);
  t.is(view.diff().entryCount, 1);
  const report = view.reset();
  t.is(report.byteLength, SLOT);
  t.true(isImage(lease.bytes, contents));
  t.true(view.residency().residentByteLength <= SLOT);
  view.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.reset());
  t.false(lease.released);
  t.not(lease.view, view);
  t.is(lease.view.dirty().pageCount, 0);
});

test('who cleans: release() reports it, or the pool does it later', async (t) => {
  using eager = PagePool.create({ slots: 1, slotByteLength: SLOT, cleaner: 'release' });
  const lease = taken(eager);
  lease.bytes[5] = 1;
  const report = lease.release();
  t.is(report?.byteLength, SLOT);
  t.is(report?.tracker, doctor().tracker);
  t.true((report?.pagesRestored ?? 0) + (report?.pagesReleased ?? 0) >= 1);
  t.is(taken(eager).release(), undefined, 'an untouched slot needs no cleaning');
  t.is(eager.stats().cleaned, 1);

  using lazy = PagePool.create({ slots: 3, slotByteLength: SLOT });
  const leases = [taken(lazy), taken(lazy), taken(lazy)];
  for (const { bytes } of leases) bytes[5] = 1;
  for (const each of leases) t.is(each.release(), undefined);
  t.is(lazy.stats().unknown, 3);
  const { bytes } = taken(lazy);
  t.is(bytes[5], 0, 'who cannot wait has one cleaned at once');
  t.is(lazy.stats().unknown, 2);
  await cleaned(lazy);
  t.is(lazy.stats().clean, 2);
});

test('a lease that was not used is not cleaned', (t) => {
  using pool = PagePool.create({ slots: 1, slotByteLength: SLOT });
  for (let round = 0; round < 100; round += 1) taken(pool).release();
  const { cleaned: resets, clean, mapped } = pool.stats();
  t.deepEqual({ resets, clean, mapped }, { resets: 0, clean: 1, mapped: 1 });
});

test('a slot that was last used for the same is preferred', async (t) => {
  using pool = PagePool.create({ slots: 4, slotByteLength: SLOT });
  const names = ['one', 'another', 17, 'Ω'] as const;
  const leases = names.map((name) => taken(pool, name));
  const slots = leases.map(({ slot }) => slot);
  for (const lease of leases) lease.bytes[0] = 1;
  for (const lease of leases) lease.release();
  await cleaned(pool);
  for (const index of [2, 0, 3, 1, 1, 2]) {
    const lease = taken(pool, names[index]);
    t.is(lease.slot, slots[index] ?? -1, String(names[index]));
    lease.release();
  }
  t.is(pool.stats().affinityHits, 6);
});

test('slots that nobody needed take no memory', (t) => {
  using pool = PagePool.create({ slots: 100, maxSlots: 1000, slotByteLength: SLOT });
  taken(pool).release();
  const { unmapped, clean, mapped } = pool.stats();
  t.deepEqual({ unmapped, clean, mapped }, { unmapped: 99, clean: 1, mapped: 1 });
});

test('more slots, fewer slots', async (t) => {
  using pool = PagePool.create({ slots: 2, maxSlots: 4, slotByteLength: SLOT });
  const first = [taken(pool), taken(pool)];
  t.is(pool.tryAcquire(), undefined);
  pool.resize(4);
  t.is(pool.slots, 4);
  const leases = [...first, taken(pool), taken(pool)];
  for (const { bytes } of leases) bytes.fill(SECRET);
  pool.resize(1);
  const { slots, inUse, retiring } = pool.stats();
  t.deepEqual({ slots, inUse, retiring }, { slots: 1, inUse: 4, retiring: 3 });
  leases.forEach((lease, index) => {
    t.true(
      lease.bytes.every((byte) => byte === SECRET),
      'who has a lease keeps it',
    );
    lease.release();
    if (index < 3) t.is(pool.tryAcquire(), undefined);
  });
  await cleaned(pool);
  const last = taken(pool);
  t.true(isZero(last.bytes));
  t.is(pool.tryAcquire(), undefined);
  t.is(pool.stats().retiring, 0);
});

test('trim gives memory of idle slots back, and a budget does so by itself', async (t) => {
  if (lacks(t, 'uffd-wp')) return;
  using pool = PagePool.create({ slots: 4, slotByteLength: SLOT, cleaner: 'release' });
  const use = (of: PagePool): void => {
    const leases = [taken(of), taken(of), taken(of), taken(of)];
    for (const { bytes } of leases) bytes.fill(SECRET);
    for (const lease of leases) lease.release();
  };
  use(pool);
  const { pagesReleased } = pool.trim();
  t.is(pagesReleased, 4 * SLOT_PAGES);
  t.is(pool.stats().trimmedByteLength, 4 * SLOT);
  t.is(pool.trim().pagesReleased, 0);
  const lease = taken(pool);
  t.true(isZero(lease.bytes));
  lease.release();

  using sparing = PagePool.create({ slots: 4, slotByteLength: SLOT, cleaner: 'release', idleByteLength: 0 });
  use(sparing);
  t.is(sparing.trim().pagesReleased, 0, 'nothing was left to give back');
});

test('what is written between slots is dropped and counted', async (t) => {
  using pool = PagePool.create({ slots: 2, slotByteLength: SLOT, guardByteLength: PAGE, cleaner: 'release' });
  const lease = taken(pool);
  const { buffer, byteOffset } = lease.bytes;
  const guard = new Uint8Array(buffer, byteOffset + SLOT, PAGE);
  t.true(isZero(guard));
  guard.fill(SECRET);
  lease.release();
  t.is(pool.stats().overruns, 1);
  t.true(isZero(guard));
});

test('slots take the next version of the snapshot', (t) => {
  const snapshot = Snapshot.capture(image());
  using pool = PagePool.create({ slots: 2, snapshot });
  const lease = taken(pool);
  lease.bytes[0] = 99;
  taken(pool).release();
  const contents = image();
  contents.fill(77, PAGE, 2 * PAGE);
  snapshot.write(contents.subarray(PAGE, 2 * PAGE), PAGE);
  t.is(lease.bytes[0], 99, 'who has a lease sees nothing of it');
  for (let round = 0; round < 2; round += 1) {
    const next = taken(pool);
    t.true(isImage(next.bytes, contents));
    if (round === 0) lease.release();
    next.release();
  }
});

test('a pool needs its snapshot no longer, once it is there', (t) => {
  const snapshot = Snapshot.capture(image());
  using pool = PagePool.create({ slots: 1, snapshot });
  snapshot.dispose();
  t.true(isImage(taken(pool).bytes, image()));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => PagePool.create({ slots: 1, slotByteLength: SLOT, snapshot }));
});

test('what people see when they print a pool', (t) => {
  const pool = PagePool.create({ slots: 2, slotByteLength: SLOT, name: 'guests' });
  const lease = taken(pool);
  const options = { breakLength: Infinity };
  t.is(
    inspect(pool, options),
    `PagePool { name: 'guests', slots: 2, maxSlots: 2, slotByteLength: ${SLOT}, inUse: 1, waiting: 0 }`,
  );
  t.is(inspect(lease, options), `PageLease { slot: 0, generation: 1, byteLength: ${SLOT} }`);
  const { view } = lease;
  t.regex(inspect(view), /^MemoryView {/);
  lease.release();
  t.is(inspect(lease), 'PageLease (released)');
  t.is(inspect(view), 'MemoryView (disposed)');
  pool.close();
  t.is(inspect(pool), 'PagePool (closed)');
  for (const Class of [PagePool, PageLease]) {
    t.notThrows(() => inspect(Class.prototype));
    t.notThrows(() => inspect(Object.create(Class.prototype as object)));
  }
});

/** What a holder can do, by the way in which the slot then goes back. */
const DEEDS: Readonly<Record<string, (lease: PageLease, view: () => MemoryView) => void>> = {
  'writes a page': ({ bytes }) => bytes.fill(SECRET, 7 * PAGE, 8 * PAGE),
  'writes everything': ({ bytes }) => bytes.fill(SECRET),
  'writes past the snapshot': ({ bytes }) => bytes.fill(SECRET, 50 * PAGE),
  'takes its own snapshot': ({ bytes }, view) => (bytes.fill(SECRET), view().snapshot(), bytes.fill(SECRET ^ 1)),
  'restores another': ({ bytes }, view) => view().restore(Snapshot.capture(new Uint8Array(bytes.length).fill(SECRET))),
  'discards pages': ({ bytes }, view) => (bytes.fill(SECRET, 0, 9 * PAGE), view().discard(PAGE, 20 * PAGE)),
  'maps a region': ({ bytes }, view) => {
    const region = Region.allocate(4 * PAGE, { mappable: true });
    region.bytes.fill(SECRET);
    view().map(region, { byteOffset: 11 * PAGE });
    bytes.fill(SECRET, 11 * PAGE, 12 * PAGE);
  },
  'forgets what is dirty': ({ bytes }, view) => (bytes.fill(SECRET, 0, 30 * PAGE), view().dirty({ rearm: true })),
  'resets by itself': ({ bytes }, view) => (
    bytes.fill(SECRET, 0, 9 * PAGE),
    view().reset(),
    bytes.fill(SECRET, PAGE, 3 * PAGE)
  ),
  'disposes the view': ({ bytes }, view) => (bytes.fill(SECRET, 0, 9 * PAGE), view().dispose()),
};

const WAYS: readonly Partial<PagePoolOptions>[] = [
  { cleaner: 'background' },
  { cleaner: 'release' },
  { cleaner: 'release', residentByteLength: 4 * PAGE },
  { cleaner: 'release', idleByteLength: 0 },
  { cleaner: 'background', guardByteLength: PAGE },
];

for (const tracker of TRACKERS) {
  for (const way of WAYS) {
    test(`${tracker}: no lease sees what an earlier one has left behind, ${JSON.stringify(way)}`, async (t) => {
      if (lacks(t, tracker)) return;
      await checkIsolation(t, { ...way, tracker });
    });
  }
}

async function checkIsolation(t: ExecutionContext, options: Partial<PagePoolOptions>): Promise<void> {
  let contents = image();
  const snapshot = Snapshot.capture(contents);
  using pool = PagePool.create({ slots: 2, ...options, snapshot });
  for (let round = 0; round < 3; round += 1) {
    for (const [deed, work] of Object.entries(DEEDS)) {
      const lease = taken(pool);
      const { slot, bytes } = lease;
      work(lease, () => lease.view);
      lease.release();
      if (round === 1) await cleaned(pool);
      if (round === 2 && deed === 'writes everything') {
        contents = image(round);
        snapshot.write(contents, 0);
      }
      const both = [taken(pool), taken(pool)];
      t.true(both.some((next) => next.slot === slot));
      for (const next of both) t.true(isImage(next.bytes, contents), `after one who ${deed}, round ${round}`);
      t.is(bytes.length, SLOT);
      for (const next of both) next.release();
    }
  }
}
