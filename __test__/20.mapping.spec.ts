// Pages of regions and files in the place of a memory's own, without a copy.
import { readFileSync } from 'node:fs';

import { doctor, MemoryView, Region, Snapshot } from 'pagefold';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { filled, MAPPABLE, mappable } from './helpers/mappable.ts';
import { equalBytes, isZero, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { subject, SUBJECTS } from './helpers/subjects.ts';

for (const tracker of TRACKERS) {
  for (const kind of SUBJECTS) {
    for (const access of MAPPABLE) {
      test(`${tracker}: a ${access} region in a ${kind}, until the reset`, async (t) => {
        if (lacks(t, tracker)) return;
        if (kind === 'wasm' && access !== 'copy-on-write' && lacks(t, 'shared-mapping')) return;
        const made = await subject(kind, tracker);
        const { view } = made;
        paint(view.bytes);
        const baseline = Uint8Array.from(view.bytes);
        view.snapshot();
        const contents = filled(3 * PAGE, 1);
        const { region, path } = mappable(t, access, contents);
        t.is(region.access, access);
        t.true(region.mappable);
        for (let round = 0; round < 5; round++) {
          view.bytes[40 * PAGE] = 0;
          view.map(region, { byteOffset: 5 * PAGE });
          view.map(region, { byteOffset: 20 * PAGE, regionOffset: PAGE, byteLength: PAGE });
          t.true(equalBytes(view.bytes.subarray(5 * PAGE, 8 * PAGE), contents));
          t.true(equalBytes(view.bytes.subarray(20 * PAGE, 21 * PAGE), contents.subarray(PAGE, 2 * PAGE)));
          t.deepEqual(pagesOf(view.dirty()), [5, 6, 7, 20, 40]);
          made.guest?.fill(6 * PAGE + 9, 0xaa, 3);
          view.bytes.fill(0xaa, 6 * PAGE + 9, 6 * PAGE + 12);
          const shares = access !== 'copy-on-write';
          for (const bytes of [region.bytes.subarray(PAGE), view.bytes.subarray(20 * PAGE)]) {
            t.is(equalBytes(bytes.subarray(9, 12), new Uint8Array([0xaa, 0xaa, 0xaa])), shares, 'at the other places');
          }
          if (shares) region.bytes.set(contents.subarray(PAGE + 9, PAGE + 12), PAGE + 9);
          t.is(view.bytes[6 * PAGE + 9], shares ? contents[PAGE + 9] : 0xaa, 'and from there');
          const report = view.reset();
          t.not(report.strategy, 'remap');
          t.true(equalBytes(view.bytes, baseline), 'after reset');
          t.deepEqual(pagesOf(view.dirty()), []);
          view.bytes.fill(0xee, 6 * PAGE, 6 * PAGE + 5);
          t.true(equalBytes(region.bytes, contents), 'the region is not reached any more');
          t.deepEqual(pagesOf(view.dirty()), [6], 'and all is tracked as before');
          view.reset();
        }
        if (access !== 'shared') t.true(equalBytes(readFileSync(path), contents));
        region.dispose();
        made.dispose();
      });
    }
  }

  test(`${tracker}: guests send each other messages through a region`, async (t) => {
    if (lacks(t, 'shared-mapping') || lacks(t, tracker)) return;
    const [one, other] = [await guest(), await guest()];
    const views = [one, other].map(({ memory }) => MemoryView.adopt(memory, { tracker }));
    for (const view of views) view.snapshot();
    const region = Region.allocate(2 * PAGE, { mappable: true });
    views[0]?.map(region, { byteOffset: 3 * PAGE });
    views[1]?.map(region, { byteOffset: 9 * PAGE });
    for (let message = 1; message < 100; message++) {
      one.store(3 * PAGE + message, message);
      t.is(other.load(9 * PAGE + message), message);
      other.store(10 * PAGE + message, 200);
      t.is(one.load(4 * PAGE + message), 200);
    }
    views[0]?.reset();
    t.is(one.load(3 * PAGE + 7), 0);
    t.is(other.load(9 * PAGE + 7), 7, 'the other guest has it still');
    for (const view of [...views, region]) view.dispose();
  });

  test(`${tracker}: before there is a baseline`, async (t) => {
    if (lacks(t, 'shared-mapping') || lacks(t, tracker)) return;
    const { view, dispose } = await subject('wasm', tracker);
    const { region } = mappable(t, 'shared', filled(2 * PAGE, 2));
    view.map(region, { byteOffset: 4 * PAGE });
    view.bytes[4 * PAGE] = 77;
    t.is(region.bytes[0], 77);
    const snapshot = view.snapshot();
    t.true(equalBytes(snapshot.read(4 * PAGE, 2 * PAGE), region.bytes), 'a snapshot captures what is mapped');
    view.bytes[4 * PAGE] = 78;
    t.is(region.bytes[0], 77, 'and ends it');
    view.reset();
    t.is(view.bytes[4 * PAGE], 77);
    region.dispose();
    dispose();
  });

  test(`${tracker}: snapshot, restore and discard end a mapping`, async (t) => {
    if (lacks(t, 'shared-mapping') || lacks(t, tracker)) return;
    const { view, dispose } = await subject('wasm', tracker);
    paint(view.bytes);
    const first = view.snapshot();
    const { region } = mappable(t, 'shared', filled(4 * PAGE, 2));
    view.map(region, { byteOffset: 0 });
    view.discard(PAGE, PAGE);
    view.discard(2 * PAGE, PAGE, { contents: 'baseline' });
    t.true(isZero(view.bytes.subarray(PAGE, 2 * PAGE)));
    t.true(equalBytes(view.bytes.subarray(2 * PAGE, 3 * PAGE), first.read(2 * PAGE, PAGE)));
    t.true(equalBytes(view.bytes.subarray(3 * PAGE, 4 * PAGE), region.bytes.subarray(3 * PAGE)));
    t.deepEqual(pagesOf(view.dirty()), [0, 1, 3]);
    const contents = Uint8Array.from(region.bytes);
    view.bytes.fill(0xee, PAGE, 3 * PAGE);
    t.true(equalBytes(region.bytes, contents));
    view.snapshot();
    view.bytes.fill(0xdd, 0, 4 * PAGE);
    t.true(equalBytes(region.bytes, contents));
    view.map(region, { byteOffset: 8 * PAGE });
    view.restore(first);
    t.true(equalBytes(view.bytes, first.read(0, first.byteLength)));
    view.bytes.fill(0xcc, 8 * PAGE, 12 * PAGE);
    t.true(equalBytes(region.bytes, contents));
    view.reset();
    t.true(equalBytes(view.bytes, first.read(0, first.byteLength)));
    region.dispose();
    dispose();
  });

  test(`${tracker}: memories that grow while something is mapped`, async (t) => {
    if (lacks(t, tracker)) return;
    for (const kind of SUBJECTS) {
      if (kind === 'wasm' && lacks(t, 'shared-mapping')) continue;
      const { view, grow, dispose } = await subject(kind, tracker, 2);
      paint(view.bytes);
      const baseline = view.snapshot().read(0, 2 * WASM_PAGE);
      const { region } = mappable(t, 'shared', filled(2 * PAGE, 2));
      view.map(region, { byteOffset: 2 * WASM_PAGE - PAGE, byteLength: PAGE });
      grow();
      t.is(view.bytes[2 * WASM_PAGE - PAGE], region.bytes[0], 'it stays where it is');
      // In what has grown, and across the end of the baseline.
      view.map(region, { byteOffset: 2 * WASM_PAGE + 3 * PAGE });
      view.map(region, { byteOffset: 2 * WASM_PAGE - PAGE });
      grow();
      t.true(equalBytes(view.bytes.subarray(2 * WASM_PAGE - PAGE, 2 * WASM_PAGE + PAGE), region.bytes));
      view.bytes[2 * WASM_PAGE] = 9;
      t.is(region.bytes[PAGE], 9);
      t.true(pagesOf(view.dirty()).length >= 4);
      view.reset();
      t.true(equalBytes(view.bytes.subarray(0, 2 * WASM_PAGE), baseline));
      t.true(isZero(view.bytes.subarray(2 * WASM_PAGE)));
      t.deepEqual(pagesOf(view.dirty()), []);
      region.dispose();
      dispose();
    }
  });

  test(`${tracker}: regions and views that are disposed while something is mapped`, async (t) => {
    if (lacks(t, 'shared-mapping') || lacks(t, tracker)) return;
    const { memory, store, load } = await guest();
    const first = MemoryView.adopt(memory, { tracker });
    first.snapshot();
    const { region } = mappable(t, 'shared', filled(2 * PAGE, 2));
    first.map(region, { byteOffset: 0 });
    first.map(region, { byteOffset: 10 * PAGE });
    const held = region.bytes;
    const before = Uint8Array.from(held);
    region.dispose();
    t.is(held.length, 0);
    t.true(equalBytes(first.bytes.subarray(0, 2 * PAGE), before), 'the memory has it still');
    store(5, 55);
    t.is(load(10 * PAGE + 5), 55, 'at both places');
    first.dispose();
    t.is(load(5), 55);
    store(6, 66);
    t.is(load(10 * PAGE + 6), 66, 'without a view too');
    const second = MemoryView.adopt(memory, { tracker });
    second.snapshot();
    store(5, 56);
    t.is(load(10 * PAGE + 5), 55, 'until somebody takes a snapshot');
    t.deepEqual(pagesOf(second.dirty()), [0]);
    second.reset();
    t.is(load(5), 55);
    second.dispose();
  });

  test(`${tracker}: trimming, prefaulting and rearming leave it alone`, async (t) => {
    if (lacks(t, 'shared-mapping') || lacks(t, tracker) || lacks(t, 'private-scan')) return;
    const { view, dispose } = await subject('wasm', tracker);
    view.snapshot();
    for (let round = 0; round < 10; round++) {
      view.bytes.fill(round, 0, 10 * PAGE);
      view.reset();
    }
    const { region } = mappable(t, 'shared', filled(8 * PAGE, 2));
    const contents = Uint8Array.from(region.bytes);
    view.map(region, { byteOffset: 4 * PAGE });
    for (const call of [() => view.trim(), () => view.prefault(), () => view.dirty({ rearm: true })]) {
      call();
      t.true(equalBytes(view.bytes.subarray(4 * PAGE, 12 * PAGE), contents));
      t.deepEqual(pagesOf(view.dirty()), [4, 5, 6, 7, 8, 9, 10, 11]);
    }
    view.reset();
    t.true(isZero(view.bytes));
    t.true(equalBytes(region.bytes, contents));
    region.dispose();
    dispose();
  });
}

test('one region at many places of one memory', (t) => {
  if (lacks(t, 'shared-mapping')) return;
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 16 }));
  view.snapshot();
  const region = Region.allocate(PAGE, { mappable: true });
  const places = (16 * WASM_PAGE) / PAGE;
  for (let place = 0; place < places; place++) view.map(region, { byteOffset: place * PAGE });
  region.bytes[3] = 33;
  for (let place = 0; place < places; place++) t.is(view.bytes[place * PAGE + 3], 33);
  t.is(view.dirty().rangeCount, 1);
  view.reset();
  t.true(isZero(view.bytes));
  view.dispose();
  region.dispose();
});

test('a mappable region grows, and shows its new bytes where it is mapped next', (t) => {
  if (lacks(t, 'shared-mapping')) return;
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
  view.snapshot();
  const region = Region.allocate(PAGE + 10, { mappable: true, maxByteLength: 6 * PAGE });
  new Uint8Array(region.bytes.buffer).fill(0xee);
  view.map(region, { byteOffset: 0 });
  t.is(view.bytes[2 * PAGE - 1], 0xee, 'the last page is mapped whole');
  region.grow(4 * PAGE);
  t.true(region.bytes.subarray(0, PAGE + 10).every((byte) => byte === 0xee));
  t.true(isZero(region.bytes.subarray(PAGE + 10)), 'what is new is zero');
  t.is(view.bytes[2 * PAGE - 1], 0, 'wherever it is mapped');
  view.map(region, { byteOffset: 0, regionOffset: 2 * PAGE });
  view.bytes[0] = 5;
  t.is(region.bytes[2 * PAGE], 5);
  view.dispose();
  region.dispose();
});

test('a part of a page at the end of a region is mapped whole, at the end of a view it is not replaced', (t) => {
  const inner = Region.allocate(2 * PAGE + 100, { maxByteLength: 4 * PAGE });
  const view = inner.view();
  paint(view.bytes);
  view.snapshot();
  const baseline = Uint8Array.from(view.bytes);
  const region = Region.allocate(PAGE + 50, { mappable: true });
  region.bytes.fill(9);
  view.map(region, { byteOffset: 0 });
  t.true(view.bytes.subarray(0, PAGE + 50).every((byte) => byte === 9));
  t.true(isZero(view.bytes.subarray(PAGE + 50, 2 * PAGE)));
  view.map(region, { byteOffset: PAGE, regionOffset: PAGE, byteLength: 50 });
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => view.map(region, { byteOffset: PAGE }));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => view.map(region, { byteOffset: 2 * PAGE, byteLength: PAGE }));
  view.discard(2 * PAGE, 100);
  t.true(isZero(view.bytes.subarray(PAGE + 50)));
  t.deepEqual(view.dirty().ranges, [{ byteOffset: 0, byteLength: 2 * PAGE + 100 }]);
  inner.grow(4 * PAGE);
  t.true(
    region.bytes.every((byte) => byte === 9),
    'growth writes to no region',
  );
  view.reset();
  t.true(equalBytes(view.bytes.subarray(0, baseline.length), baseline));
  t.true(isZero(view.bytes.subarray(baseline.length)));
  inner.dispose();
  region.dispose();
});

test('what a snapshot of a mapped memory holds can be restored elsewhere', (t) => {
  if (lacks(t, 'shared-mapping')) return;
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
  const { region } = mappable(t, 'read-write', filled(PAGE + 9, 1));
  view.map(region, { byteOffset: PAGE });
  const captured = Snapshot.capture(region.bytes);
  const snapshot = view.snapshot();
  region.dispose();
  const other = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
  other.restore(snapshot);
  t.true(equalBytes(other.bytes.subarray(PAGE, 2 * PAGE + 9), captured.read(0, PAGE + 9)));
  t.true(isZero(other.bytes.subarray(2 * PAGE + 9, 3 * PAGE)));
  other.dispose();
  view.dispose();
});

test('a runtime that overwrites memories that it has collected gets no shared pages into them', (t) => {
  const { capabilities } = doctor();
  const found = capabilities.find(({ name }) => name === 'shared-mapping');
  t.is(found?.available, !('bun' in process.versions));
  if (found?.available === true) return;
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  for (const access of ['shared', 'read-write'] as const) {
    const { region } = mappable(t, access, filled(PAGE, 1));
    const error = refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => view.map(region, { byteOffset: 0 }));
    t.true(error.message.includes(found?.reason ?? '?'));
    region.dispose();
  }
  t.true(isZero(view.bytes));
  view.dispose();
});
