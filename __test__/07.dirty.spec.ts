// What dirty() says, and that it says it again.
import { MemoryView, Region } from 'pagefold';

import test from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { flip, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

for (const tracker of TRACKERS) {
  test(`${tracker}: a report in pages and in bytes`, (t) => {
    if (lacks(t, tracker)) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }), { tracker });
    view.snapshot();
    for (const page of [0, 1, 2, 9, 63]) view.bytes[page * PAGE + 7] = 1;
    const report = view.dirty();
    t.deepEqual({ ...report }, { pageCount: 5, byteLength: 5 * PAGE, rangeCount: 3, exact: true } as object);
    t.deepEqual(report.ranges, [
      { byteOffset: 0, byteLength: 3 * PAGE },
      { byteOffset: 9 * PAGE, byteLength: PAGE },
      { byteOffset: 63 * PAGE, byteLength: PAGE },
    ]);
    view.dispose();
  });

  test(`${tracker}: dirty() changes nothing`, (t) => {
    if (lacks(t, tracker)) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }), { tracker });
    view.snapshot();
    view.bytes[0] = 1;
    const first = view.dirty();
    for (let round = 0; round < 5; round++) t.deepEqual(JSON.stringify(view.dirty()), JSON.stringify(first));
    view.bytes[5 * PAGE] = 1;
    t.deepEqual(pagesOf(view.dirty()), [0, 5]);
    t.deepEqual(pagesOf(first), [0], 'a report is not changed by the next one');
    view.reset();
    t.is(view.bytes[0], 0);
    view.dispose();
  });

  test(`${tracker}: pages that were dirty often are found as often`, (t) => {
    if (lacks(t, tracker)) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }), { tracker });
    paint(view.bytes);
    view.snapshot();
    for (let cycle = 0; cycle < 40; cycle++) {
      const pages = cycle % 3 === 0 ? [] : [2, 3, 4, 20 + (cycle % 30)];
      for (const page of pages) flip(view.bytes, page * PAGE);
      t.deepEqual(pagesOf(view.dirty()), pages, `cycle ${cycle}`);
      const report = view.reset();
      t.true(report.pagesDirty >= pages.length, 'an upper bound');
      t.deepEqual(pagesOf(view.dirty()), []);
    }
    view.dispose();
  });

  test(`${tracker}: the last page of a region counts its bytes`, (t) => {
    if (lacks(t, tracker)) return;
    const region = Region.allocate(2 * PAGE + 10);
    const view = region.view(0, undefined, { tracker });
    view.snapshot();
    region.bytes[2 * PAGE] = 1;
    t.deepEqual(view.dirty().ranges, [{ byteOffset: 2 * PAGE, byteLength: 10 }]);
    t.is(view.dirty().byteLength, 10);
    region.bytes[PAGE] = 1;
    t.deepEqual(view.dirty().ranges, [{ byteOffset: PAGE, byteLength: PAGE + 10 }]);
    region.dispose();
  });

  test(`${tracker}: a view that takes over from another one starts afresh`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 2 });
    const old = MemoryView.adopt(memory, { tracker });
    old.snapshot();
    old.bytes[0] = 1;
    old.dispose();
    const view = MemoryView.adopt(memory, { tracker });
    view.bytes[PAGE] = 1;
    view.snapshot();
    t.deepEqual(pagesOf(view.dirty()), []);
    view.bytes[2 * PAGE] = 1;
    t.deepEqual(pagesOf(view.dirty()), [2]);
    view.reset();
    t.deepEqual([view.bytes[0], view.bytes[PAGE], view.bytes[2 * PAGE]], [1, 1, 0]);
    t.is(view.byteLength, 2 * WASM_PAGE);
    view.dispose();
  });
}
