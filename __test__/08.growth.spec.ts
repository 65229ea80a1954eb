// Memories that grow: by the guest, by JavaScript, during a request, between any two calls.
import { MemoryView, Region, Snapshot } from 'pagefold';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, isZero, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

for (const tracker of TRACKERS) {
  test(`${tracker}: a guest that grows during a request`, async (t) => {
    if (lacks(t, tracker)) return;
    const { memory, grow, store, load, fill } = await guest({ pages: 2 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    const baseline = view.snapshot().read(0, 2 * WASM_PAGE);
    t.is(grow(3), 2);
    store(5, 1);
    store(2 * WASM_PAGE, 2);
    fill(4 * WASM_PAGE - 10, 3, WASM_PAGE);
    t.is(view.byteLength, 5 * WASM_PAGE);
    const report = view.reset();
    t.is(report.byteLength, 5 * WASM_PAGE);
    t.true(report.pagesRestored >= 2);
    t.true(equalBytes(view.bytes.subarray(0, 2 * WASM_PAGE), baseline));
    t.true(isZero(view.bytes.subarray(2 * WASM_PAGE)));
    t.is(load(2 * WASM_PAGE), 0);
    t.deepEqual(pagesOf(view.dirty()), []);
    view.dispose();
  });

  test(`${tracker}: a memory that JavaScript grows`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    view.snapshot();
    const before = view.bytes;
    memory.grow(1);
    t.is(before.length, 0, 'the engine detaches the old buffer');
    t.is(view.bytes.length, 2 * WASM_PAGE);
    t.is(view.bytes.buffer, memory.buffer);
    view.bytes[WASM_PAGE + 1] = 1;
    view.bytes[PAGE] = 0xee;
    t.deepEqual(pagesOf(view.dirty()), [1, WASM_PAGE / PAGE]);
    view.reset();
    t.is(view.bytes[WASM_PAGE + 1], 0);
    t.deepEqual(pagesOf(view.dirty()), []);
    view.dispose();
  });

  test(`${tracker}: growth without a write into the new pages is not dirty`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
    const view = MemoryView.adopt(memory, { tracker });
    view.snapshot();
    memory.grow(4);
    t.deepEqual(pagesOf(view.dirty()), []);
    t.is(view.reset().pagesReleased, 0);
    view.dispose();
  });

  test(`${tracker}: growth between dirty() and reset()`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    const baseline = view.snapshot().read(0, WASM_PAGE);
    view.bytes[0] = 0xee;
    t.deepEqual(pagesOf(view.dirty()), [0]);
    memory.grow(2);
    view.bytes[3 * PAGE] = 0xee;
    view.bytes[2 * WASM_PAGE] = 0xee;
    t.deepEqual(pagesOf(view.dirty()), [0, 3, (2 * WASM_PAGE) / PAGE]);
    memory.grow(2);
    view.bytes[5 * WASM_PAGE - 1] = 0xee;
    view.reset();
    t.true(equalBytes(view.bytes.subarray(0, WASM_PAGE), baseline));
    t.true(isZero(view.bytes.subarray(WASM_PAGE)));
    view.dispose();
  });

  test(`${tracker}: a request in each of 100 cycles grows the memory`, async (t) => {
    if (lacks(t, tracker)) return;
    const { memory, grow, fill } = await guest({ pages: 1, maxPages: 200 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    const baseline = view.snapshot().read(0, WASM_PAGE);
    for (let cycle = 1; cycle <= 100; cycle++) {
      t.is(grow(1), cycle);
      fill(0, cycle, memory.buffer.byteLength);
      view.reset();
      const same = equalBytes(view.bytes.subarray(0, WASM_PAGE), baseline);
      if (!same || !isZero(view.bytes.subarray(WASM_PAGE))) t.fail(`after cycle ${cycle}`);
    }
    t.is(view.byteLength, 101 * WASM_PAGE);
    t.is(view.tracker, tracker);
    view.dispose();
  });

  test(`${tracker}: growth by nothing, which replaces the buffer`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 10 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    const baseline = view.snapshot().read(0, 2 * WASM_PAGE);
    memory.grow(0);
    view.bytes[3 * PAGE] = 0xee;
    memory.grow(0);
    t.deepEqual(pagesOf(view.dirty()), [3]);
    view.reset();
    t.true(equalBytes(view.bytes, baseline));
    view.dispose();
  });

  test(`${tracker}: growth inside a call of the host, in the middle of guest code`, async (t) => {
    if (lacks(t, tracker)) return;
    const { memory, callOut, load } = await guest({ pages: 1, call: () => memory.grow(1) });
    const view = MemoryView.adopt(memory, { tracker });
    view.snapshot();
    for (let cycle = 1; cycle <= 5; cycle++) {
      t.is(callOut(7, 0), cycle);
      t.is(load(7), 2);
      new Uint8Array(memory.buffer)[cycle * WASM_PAGE] = 1;
      view.reset();
      t.true(isZero(view.bytes));
    }
    view.dispose();
  });

  test(`${tracker}: a snapshot after growth has the new length, and an older one still fits`, (t) => {
    if (lacks(t, tracker)) return;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
    const view = MemoryView.adopt(memory, { tracker });
    paint(view.bytes);
    const small = view.snapshot();
    memory.grow(2);
    paint(view.bytes, 3);
    const large = view.snapshot();
    t.deepEqual([small.byteLength, large.byteLength], [WASM_PAGE, 3 * WASM_PAGE]);
    for (const snapshot of [small, large, small, large]) {
      view.bytes.fill(0xee);
      view.restore(snapshot);
      t.true(equalBytes(view.bytes.subarray(0, snapshot.byteLength), snapshot.read(0, snapshot.byteLength)));
      t.true(isZero(view.bytes.subarray(snapshot.byteLength)));
      view.bytes.fill(0xdd);
      view.reset();
      t.true(equalBytes(view.bytes.subarray(0, snapshot.byteLength), snapshot.read(0, snapshot.byteLength)));
      t.true(isZero(view.bytes.subarray(snapshot.byteLength)));
    }
    view.dispose();
  });

  test(`${tracker}: growth that fails changes nothing`, async (t) => {
    if (lacks(t, tracker)) return;
    const { memory, grow } = await guest({ pages: 2, maxPages: 3 });
    const view = MemoryView.adopt(memory, { tracker });
    view.snapshot();
    t.is(grow(2), -1);
    t.throws(() => memory.grow(2), { instanceOf: RangeError });
    view.bytes[0] = 1;
    t.deepEqual(pagesOf(view.dirty()), [0]);
    view.reset();
    t.true(isZero(view.bytes));
    view.dispose();
  });

  test(`${tracker}: a region that grows, also within its last page`, (t) => {
    if (lacks(t, tracker)) return;
    const region = Region.allocate(PAGE + 100, { maxByteLength: 4 * PAGE });
    const view = region.view(0, undefined, { tracker });
    region.bytes.fill(1);
    view.snapshot();
    region.grow(PAGE + 200);
    t.true(isZero(region.bytes.subarray(PAGE + 100)));
    region.bytes.fill(2);
    region.grow(3 * PAGE + 1);
    region.bytes.fill(3, 2 * PAGE);
    t.deepEqual(pagesOf(view.dirty()), [0, 1, 2, 3]);
    t.is(view.dirty().byteLength, 3 * PAGE + 1);
    view.reset();
    t.true(region.bytes.subarray(0, PAGE + 100).every((byte) => byte === 1));
    t.true(isZero(region.bytes.subarray(PAGE + 100)));
    region.dispose();
  });
}

test('a memory with a resizable buffer, where the engine has them', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
  const { toResizableBuffer } = memory as unknown as { toResizableBuffer?: () => { resize(length: number): void } };
  // Whatever the engine does here, a fixed-length memory has to work before and after.
  const view = MemoryView.adopt(memory);
  view.snapshot();
  const buffer = toResizableBuffer?.call(memory);
  if (buffer === undefined) t.log('the engine has no toResizableBuffer');
  else buffer.resize(3 * WASM_PAGE);
  view.bytes.fill(5);
  view.reset();
  t.true(isZero(view.bytes));
  memory.grow(1);
  view.bytes.fill(5);
  view.reset();
  t.true(isZero(view.bytes));
  t.is(view.byteLength, (buffer === undefined ? 2 : 4) * WASM_PAGE);
  view.dispose();
});

test('a baseline from before the growth, in many memories of other lengths', (t) => {
  const snapshot = Snapshot.capture(new Uint8Array(WASM_PAGE).fill(4));
  for (let pages = 1; pages < 20; pages++) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 20 });
    const view = MemoryView.adopt(memory);
    view.bytes.fill(9);
    view.restore(snapshot);
    t.true(view.bytes.subarray(0, WASM_PAGE).every((byte) => byte === 4));
    t.true(isZero(view.bytes.subarray(WASM_PAGE)));
    view.dispose();
  }
});
