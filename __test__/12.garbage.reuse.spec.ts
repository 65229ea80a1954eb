// Memories whose views are gone, and what the engine is told of native memory.
import { MemoryView, PagefoldError, Region, Snapshot } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { collectedUntil, collectGarbage, turn } from './helpers/garbage.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { lacks, skip, TRACKERS } from './helpers/skip.ts';

for (const tracker of TRACKERS) {
  test.serial(`${tracker}: a memory whose view was dropped can be adopted again`, async (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 2 });
    const abandon = (): void => {
      const view = MemoryView.adopt(memory, { tracker });
      paint(view.bytes);
      view.snapshot();
      view.bytes[3 * PAGE] = 0;
    };
    abandon();
    const before = Uint8Array.from(new Uint8Array(memory.buffer));
    let view: MemoryView | undefined;
    const isFree = await collectedUntil(() => {
      try {
        view ??= MemoryView.adopt(memory, { tracker });
      } catch (error) {
        if (!(error instanceof PagefoldError) || error.code !== 'ERR_PAGEFOLD_BUSY') throw error;
      }
      return view !== undefined;
    });
    t.true(isFree);
    if (view === undefined) return;
    t.true(equalBytes(view.bytes, before));
    view.snapshot();
    view.bytes[0] = 0;
    t.is(view.dirty().pageCount, 1);
    view.reset();
    t.true(equalBytes(view.bytes, before));
    view.dispose();
  });
}

test.serial('a region whose view was dropped can be viewed again', async (t) => {
  const region = Region.allocate(2 * PAGE);
  const abandon = (): void => void region.view().snapshot();
  abandon();
  const isFree = await collectedUntil(() => {
    try {
      region.view().dispose();
      return true;
    } catch {
      return false;
    }
  });
  t.true(isFree);
  region.dispose();
});

test.serial('a view keeps its memory and its region, a memory keeps no view', async (t) => {
  const view = Region.allocate(4 * PAGE).view();
  view.bytes.fill(9);
  view.snapshot();
  view.bytes.fill(8);
  await collectGarbage();
  view.reset();
  t.true(view.bytes.every((byte) => byte === 9));
  view.dispose();
});

test.serial('bytes keep the memory of a region that was dropped', async (t) => {
  const bytes = ((): Uint8Array => {
    const region = Region.allocate(100 * PAGE);
    region.bytes.fill(7);
    return region.bytes.subarray(50 * PAGE, 51 * PAGE);
  })();
  await collectGarbage();
  for (let index = 0; index < 50; index++) Region.allocate(100 * PAGE).bytes.fill(0xee);
  await collectGarbage();
  t.true(bytes.every((byte) => byte === 7));
});

test.serial('the engine is told what snapshots take, and collects those that were dropped', async (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const { most, left } = (await outcomeOf('charged', { args: ['drop'] })) as { most: number; left: number };
  // 300 snapshots of 8 MiB would hold 300 descriptors; an engine that knows of them collects every few hundred MiB.
  t.true(most < 150, `${most} at once`);
  t.true(left <= 2, `${left} in the end`);
});

test.serial('the engine is told what diffs take, and collects those that were dropped', async (t) => {
  const { most } = (await outcomeOf('charged', { args: ['drop-diffs'] })) as { most: number };
  // 300 diffs of 8 MiB take 2.4 GiB.
  t.true(most < 1.2 * 2 ** 30, `${most} bytes at once`);
});

test.serial('the engine is told when a snapshot or diff is disposed, and does not collect for nothing', async (t) => {
  if ('bun' in process.versions || 'deno' in process.versions) {
    return skip(t, 'report of collections', 'only Node.js reports them');
  }
  const { collections } = (await outcomeOf('charged', { args: ['dispose'] })) as { collections: number };
  // 600 times twice 8 MiB, if they were thought to be there still, would cause some eighty.
  t.true(collections < 15, `${collections} collections`);
});

test.serial('1,000 allocations and disposals leave the counter as it was', async (t) => {
  await collectGarbage();
  const before = process.memoryUsage().external;
  for (let index = 0; index < 1000; index++) {
    const region = Region.allocate(1 << 20);
    region.bytes[0] = 1;
    const snapshot = Snapshot.capture(region.bytes);
    snapshot.dispose();
    region.dispose();
    if (index % 100 === 99) await turn();
  }
  t.true(await collectedUntil(() => Math.abs(process.memoryUsage().external - before) < 1 << 20));
  t.true(process.memoryUsage().external >= 0);
});
