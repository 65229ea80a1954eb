// Pools and leases that are dropped: what they had comes back, and whoever still has bytes can use them. The scenario is the
// argument.
import assert from 'node:assert/strict';

import { PagePool, Snapshot, type PageLease } from 'pagefold';

import { collectedUntil, collectGarbage, turn } from '../helpers/garbage.ts';
import { equalBytes, isZero, PAGE, paint } from '../helpers/pages.ts';
import { addressSpace, descriptors, imageMappings } from '../helpers/process-state.ts';

const SLOT = 4 * PAGE;
const contents = new Uint8Array(SLOT);
paint(contents);
const snapshot = Snapshot.capture(contents);

/** Leases that nobody keeps, in a function of its own, so that no register does. */
function drop(pool: PagePool, count: number, use: (lease: PageLease) => unknown): void {
  for (let index = 0; index < count; index += 1) {
    const lease = pool.tryAcquire();
    assert.ok(lease !== undefined);
    use(lease);
  }
}

function useAll(arrays: readonly Uint8Array[]): void {
  arrays.forEach((bytes, index) => {
    assert.ok(equalBytes(bytes, contents));
    bytes.fill(index);
  });
}

function dropPool(index: number): void {
  const pool = PagePool.create({ slots: 4, snapshot, slotByteLength: SLOT });
  for (let count = 0; count <= index % 4; count += 1) pool.tryAcquire()?.bytes.fill(1);
  if (index % 3 === 0) void pool.acquire({ timeoutMs: 1 }).catch(() => {});
}

function state(): { readonly descriptors: number; readonly imageMappings: number; readonly addressSpace: number } {
  return { descriptors: descriptors(), imageMappings: imageMappings(), addressSpace: addressSpace() };
}

const SCENARIOS: Record<string, () => Promise<object>> = {
  leases: async () => {
    const pool = PagePool.create({ slots: 8, snapshot });
    const uses: readonly ((lease: PageLease) => unknown)[] = [
      () => {},
      ({ bytes }) => bytes.fill(9),
      ({ view }) => view.snapshot(),
      ({ view }) => view.bytes.fill(9),
    ];
    let dropped = 0;
    for (const use of uses) {
      drop(pool, 8, use);
      dropped += 8;
      assert.equal(pool.tryAcquire(), undefined);
      await turn();
      assert.ok(await collectedUntil(() => pool.stats().inUse === 0), JSON.stringify(pool.stats()));
      assert.equal(pool.stats().abandoned, dropped);
    }
    // Who waits gets a slot that was lost.
    drop(pool, 8, ({ bytes }) => bytes.fill(9));
    await turn();
    const waiting = pool.acquire();
    let served: PageLease | undefined;
    void waiting.then((lease) => (served = lease));
    assert.ok(await collectedUntil(() => served !== undefined));
    assert.ok(served !== undefined && equalBytes(served.bytes, contents));
    // One that was released in time is not counted, though it is collected later.
    const before = pool.stats().abandoned;
    drop(pool, 1, (lease) => lease.release());
    const late = pool.tryAcquire();
    await turn();
    late?.release();
    await collectGarbage();
    const { abandoned, inUse } = pool.stats();
    assert.ok(abandoned >= before && abandoned <= before + 7, `${abandoned}`);
    assert.ok(inUse >= 1);
    return { abandoned };
  },
  'bytes keep the lease': async () => {
    const pool = PagePool.create({ slots: 8, snapshot });
    const kept: Uint8Array[] = [];
    drop(pool, 4, ({ bytes }) => kept.push(bytes));
    drop(pool, 4, ({ view }) => kept.push(view.bytes));
    await turn();
    await collectGarbage();
    assert.equal(pool.stats().inUse, 8);
    useAll(kept);
    await collectGarbage();
    assert.equal(pool.stats().inUse, 8);
    kept.length = 0;
    // An engine that looks for pointers on the stack may find one that is left over.
    assert.ok(await collectedUntil(() => pool.stats().inUse <= 1));
    const lease = pool.tryAcquire();
    assert.ok(lease !== undefined && equalBytes(lease.bytes, contents));
    return { abandoned: pool.stats().abandoned };
  },
  'bytes outlive the pool': async () => {
    const kept = ((): Uint8Array | undefined => {
      const pool = PagePool.create({ slots: 2, snapshot });
      return pool.tryAcquire()?.bytes.subarray(PAGE);
    })();
    await turn();
    for (let index = 0; index < 50; index += 1) {
      dropPool(index);
      if (index % 10 === 0) await collectGarbage();
    }
    await collectGarbage();
    assert.ok(kept !== undefined && equalBytes(kept, contents.subarray(PAGE)));
    kept.fill(7);
    assert.ok(kept.every((byte) => byte === 7));
    return {};
  },
  pools: async () => {
    for (let index = 0; index < 100; index += 1) {
      dropPool(index);
      if (index % 10 === 9) await collectGarbage();
    }
    await collectedUntil(() => false, 2);
    const before = state();
    for (let index = 0; index < 1000; index += 1) {
      dropPool(index);
      if (index % 50 === 49) {
        await turn();
        await collectGarbage();
      }
    }
    const isBack = await collectedUntil(
      () => descriptors() <= before.descriptors + 2 && imageMappings() <= before.imageMappings + 8,
    );
    const pool = PagePool.create({ slots: 50, slotByteLength: SLOT });
    drop(pool, 50, ({ bytes }) => assert.ok(isZero(bytes)));
    pool.close();
    return { isBack, before, after: state() };
  },
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error('no such scenario');
console.log(JSON.stringify(await scenario()));
