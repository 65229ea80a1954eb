// Makes 10,000 regions of 4 MiB, or other things, drops or disposes each, and tells what that took. The way is the argument.
// Nobody asks for garbage collection.
import { constants, PerformanceObserver } from 'node:perf_hooks';

import { PagefoldError, PagePool, Region, Snapshot, stats } from 'pagefold';

import { collectNow, turn } from '../helpers/garbage.ts';

const COUNT = 10_000;
/** Twenty times what the budget has room for. */
const POOLS_EXPOSED = 2_500;
const LENGTH = 4 << 20;

const [way = ''] = process.argv.slice(2);
const most = { live: 0, mapped: 0, unreclaimed: 0 };
let code: string | undefined;
let made = 0;

/** Remembers the most that there was. Looks every now and then: between two looks there can be 16 more. */
function look(): void {
  if (made % 16 !== 0) return;
  const { regions, snapshots, pools, mappedByteLength, unreclaimedByteLength } = stats();
  most.live = Math.max(most.live, regions.live + snapshots.live + pools.live);
  most.mapped = Math.max(most.mapped, mappedByteLength);
  most.unreclaimed = Math.max(most.unreclaimed, unreclaimedByteLength);
}

function touched(region: Region): Region {
  region.bytes[0] = 1;
  return region;
}

const WAYS: Record<string, () => Promise<void> | void> = {
  'never exposed': () => repeat(() => void Region.allocate(LENGTH)),
  'never exposed, microtasks': async () => {
    for (; made < COUNT; made++) {
      Region.allocate(LENGTH);
      await Promise.resolve();
      look();
    }
  },
  'never exposed, weak references': () => {
    const kept: WeakRef<Region>[] = [];
    // Each keeps its region for the whole job: fewer, because nothing can be given back.
    for (; made < 500; made++) kept.push(new WeakRef(Region.allocate(LENGTH)));
    look();
  },
  exposed: () => repeat(() => void touched(Region.allocate(LENGTH))),
  'exposed, microtasks': async () => {
    for (; made < COUNT; made++) {
      touched(Region.allocate(LENGTH));
      await Promise.resolve();
      look();
    }
  },
  'exposed, asynchronous': async () => {
    for (; made < COUNT; made++) {
      touched(await Region.allocateAsync(LENGTH));
      look();
    }
  },
  'exposed, a macrotask per 100': async () => {
    for (; made < COUNT; made++) {
      touched(await Region.allocateAsync(LENGTH));
      look();
      if (made % 100 === 99) await turn();
    }
  },
  snapshots: () => {
    const bytes = new Uint8Array(1 << 20).fill(1);
    for (; made < 2000; made++) {
      Snapshot.capture(bytes);
      look();
    }
  },
  'pools, never exposed': () => repeat(() => void PagePool.create({ slots: 4, slotByteLength: LENGTH / 4 })),
  'pools, exposed': () =>
    repeat(() => {
      const lease = PagePool.create({ slots: 4, slotByteLength: LENGTH / 4 }).tryAcquire();
      if (lease !== undefined) lease.bytes[0] = 1;
    }, POOLS_EXPOSED),
  'pools, closed': () => {
    // Fewer: each has a few kilobytes in the engine's own heap, which it collects when that has grown.
    for (; made < 1000; made++) {
      using pool = PagePool.create({ slots: 4, slotByteLength: LENGTH / 4 });
      const lease = pool.tryAcquire();
      if (lease !== undefined) lease.bytes[0] = 1;
      look();
    }
  },
  disposed: () => repeat(() => touched(Region.allocate(LENGTH)).dispose()),
  'disposed, never exposed': () => repeat(() => Region.allocate(LENGTH).dispose()),
  'disposed, snapshots of a sparse memory': () => {
    using region = Region.allocate(64 << 20);
    using view = region.view();
    view.bytes[0] = 1;
    for (; made < 200; made++) {
      view.snapshot().dispose();
      look();
    }
  },
  'disposed, with a large heap': () => repeat(() => touched(Region.allocate(LENGTH)).dispose()),
};

function repeat(make: () => void, count = COUNT): void {
  for (; made < count; made++) {
    make();
    look();
  }
}

function largeHeap(): object[] {
  return Array.from({ length: 4_000_000 }, (_, index) => ({ index, text: `${index}`, next: [index] }));
}

/** Whole-heap collections since the last call. */
async function collections(): Promise<number> {
  await turn();
  await turn();
  const count = seen;
  seen = 0;
  return count;
}

let seen = 0;
const observer = new PerformanceObserver((list) => {
  for (const { detail } of list.getEntries() as unknown as { detail?: { kind: number } }[]) {
    if (detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR) seen++;
  }
});
observer.observe({ entryTypes: ['gc'] });

const work = WAYS[way];
if (work === undefined) throw new Error(`no way ${way}`);
Region.allocate(1).dispose();
// The heap, if one is wanted, has been collected before the count begins.
const heap = way.endsWith('a large heap') ? largeHeap() : [];
collectNow();
await collections();
const before = process.memoryUsage();
try {
  await work();
} catch (error) {
  if (!(error instanceof PagefoldError)) throw error;
  code = error.code;
}
const major = await collections();
const after = process.memoryUsage();
// What waits for the engine is given back in a few turns.
for (let turns = 0; turns < 100 && stats().unreclaimedByteLength > 0; turns++) await turn();
const { regions, unreclaimedByteLength, collections: noticed } = stats();
console.log(
  JSON.stringify({
    made,
    most,
    code,
    major,
    noticed,
    regions,
    unreclaimed: unreclaimedByteLength,
    heap: after.heapUsed,
    external: after.external - before.external,
    objects: heap.length,
  }),
);
