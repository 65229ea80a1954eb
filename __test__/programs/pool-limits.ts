// Leases slots until the system gives no more, in the way that the argument names. What cannot be had is refused with a typed
// error, and the pool works on with the slots that it has.
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';

import { PagefoldError, PagePool, Region, Snapshot, type PageLease } from 'pagefold';

import { equalBytes, PAGE, paint } from '../helpers/pages.ts';

const contents = new Uint8Array(3 * PAGE);
paint(contents);
const snapshot = Snapshot.capture(contents);
const codes = new Map<string, number>();
const held: PageLease[] = [];

/** Leases slots until that is refused, or so many. */
function fill(pool: PagePool, atMost: number): void {
  while (held.length < atMost) {
    try {
      const lease = pool.tryAcquire();
      assert.ok(lease !== undefined);
      lease.bytes[0] = 1;
      held.push(lease);
    } catch (error) {
      assert.ok(error instanceof PagefoldError, String(error));
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      return;
    }
  }
}

/** Everybody has what is theirs, and what comes back is cleaned and leased again. */
async function worksOn(pool: PagePool): Promise<void> {
  const { inUse, acquired, released } = pool.stats();
  assert.equal(inUse, held.length);
  assert.equal(acquired - released, held.length);
  for (let round = 0; round < 20; round += 1) {
    const waiting = round % 2 === 0 ? undefined : pool.acquire().catch((error: unknown) => error);
    held.shift()?.release();
    const outcome = (await waiting) ?? pool.tryAcquire();
    if (outcome instanceof PagefoldError) codes.set(outcome.code, (codes.get(outcome.code) ?? 0) + 1);
    else {
      const lease = outcome as PageLease;
      assert.ok(equalBytes(lease.bytes, contents));
      held.push(lease);
    }
  }
  assert.equal(pool.stats().inUse, held.length);
}

const SCENARIOS: Record<string, () => Promise<PagePool>> = {
  mappings: async () => {
    // Each slot with its guard takes two of the 65,530 that a process can have.
    const pool = PagePool.create({ slots: 60_000, snapshot, guardByteLength: PAGE });
    fill(pool, 60_000);
    await worksOn(pool);
    return pool;
  },
  descriptors: async () => {
    const pool = PagePool.create({ slots: 400, snapshot });
    fill(pool, 3);
    const open: number[] = [];
    try {
      for (;;) open.push(openSync('/dev/null', 'r'));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'EMFILE');
    }
    fill(pool, 400);
    await worksOn(pool);
    for (const descriptor of open) closeSync(descriptor);
    fill(pool, 400);
    assert.equal(held.length, 400);
    return pool;
  },
  'address space': async () => {
    const pool = PagePool.create({ slots: 2, snapshot });
    fill(pool, 2);
    const regions: Region[] = [];
    try {
      for (;;) regions.push(Region.allocate(2 ** 40));
    } catch (error) {
      assert.equal((error as PagefoldError).code, 'ERR_PAGEFOLD_OUT_OF_MEMORY');
    }
    assert.throws(() => PagePool.create({ slots: 4000, slotByteLength: 2 ** 30 }), {
      code: 'ERR_PAGEFOLD_OUT_OF_MEMORY',
    });
    codes.set('ERR_PAGEFOLD_OUT_OF_MEMORY', 1);
    await worksOn(pool);
    for (const region of regions) region.dispose();
    return pool;
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error('no such scenario');
const pool = await scenario();
const most = held.length;
for (const lease of held.splice(0)) lease.release();
pool.close();
// Everything was given back.
using next = PagePool.create({ slots: 100, snapshot });
fill(next, 100);
assert.equal(held.length, 100);
for (const lease of held) assert.ok(equalBytes(lease.bytes.subarray(1), contents.subarray(1)));
console.log(JSON.stringify({ most, codes: Object.fromEntries(codes) }));
