// Snapshots that share pages with another one: of a guest that was started in the same way.
import { MemoryView, MergeRules, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, flip, isZero, PAGE, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

const PAGES = 16;

/** A memory like all the others that are made here, but for these pages. */
function started(differing: readonly number[], wasmPages = PAGES): MemoryView {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: wasmPages, maximum: 2 * PAGES }));
  paint(view.bytes);
  for (const page of differing) flip(view.bytes, page * PAGE + 5);
  return view;
}

for (const tracker of TRACKERS) {
  test(`${tracker}: the pages that are equal are shared, and nothing else is`, (t) => {
    if (lacks(t, tracker)) return;
    const one = started([]);
    const like = one.snapshot();
    t.is(like.storedByteLength, PAGES * WASM_PAGE);
    const other = MemoryView.adopt(new WebAssembly.Memory({ initial: PAGES + 1 }), { tracker });
    paint(other.bytes.subarray(0, PAGES * WASM_PAGE));
    for (const page of [0, 7, 8, 200]) flip(other.bytes, page * PAGE);
    const bytes = Uint8Array.from(other.bytes);
    const snapshot = other.snapshot({ like });
    t.is(snapshot.storedByteLength, 4 * PAGE);
    t.is(snapshot.byteLength, (PAGES + 1) * WASM_PAGE);
    t.is(snapshot.version, 0);
    t.is(snapshot.parent, undefined);
    t.not(snapshot.id, like.id);
    t.is(other.baseline, snapshot);
    t.true(equalBytes(snapshot.read(0, snapshot.byteLength), bytes));
    t.is(other.residency().privateByteLength, 0);
    one.dispose();
    like.dispose();
    for (let round = 0; round < 5; round++) {
      t.true(equalBytes(other.bytes, bytes));
      for (let page = round; page < other.bytes.length / PAGE; page += 3) flip(other.bytes, page * PAGE + round);
      other.reset();
    }
    t.true(equalBytes(other.bytes, bytes));
    other.dispose();
    t.true(equalBytes(snapshot.read(0, snapshot.byteLength), bytes));
  });
}

test('a shorter memory, and the options of other snapshots', (t) => {
  const like = started([]).snapshot();
  const other = started([3], 12);
  const rules = new MergeRules([{ byteOffset: 0, byteLength: 8, type: 'u64', operation: 'sum' }], {
    maxByteLength: 1e6,
  });
  const snapshot = other.snapshot({ like, rules, maxByteLength: 2e6 });
  t.is(snapshot.storedByteLength, PAGE);
  t.is(snapshot.maxByteLength, 2e6);
  t.is(snapshot.rules.regions.length, 1);
  t.true(equalBytes(snapshot.read(0, snapshot.byteLength), other.bytes));
});

test('the current version of the other one counts', (t) => {
  const like = started([]).snapshot();
  like.write(new Uint8Array([1, 2, 3]), 9 * PAGE);
  const other = started([]);
  other.bytes.set([1, 2, 3], 9 * PAGE);
  t.is(other.snapshot({ like }).storedByteLength, 0);
});

test('where most pages differ everything is copied', (t) => {
  const like = started([]).snapshot();
  const other = started(Array.from({ length: (PAGES * WASM_PAGE) / PAGE - 100 }, (_, index) => index));
  const snapshot = other.snapshot({ like });
  t.is(snapshot.storedByteLength, PAGES * WASM_PAGE);
  t.true(equalBytes(snapshot.read(0, snapshot.byteLength), other.bytes));
});

test('what is zero in one of them', (t) => {
  const like = started([]).snapshot();
  const other = started([]);
  other.bytes.fill(0, 10 * PAGE, 20 * PAGE);
  const snapshot = other.snapshot({ like });
  t.is(snapshot.storedByteLength, 0);
  t.true(isZero(snapshot.read(10 * PAGE, 10 * PAGE)));
  flip(other.bytes, 15 * PAGE);
  other.reset();
  t.true(isZero(other.bytes.subarray(10 * PAGE, 20 * PAGE)));
});

test('what is no snapshot, and one that was disposed', (t) => {
  const view = started([]);
  const before = view.snapshot();
  for (const like of [null, 1, {}, view, Object.create(before) as object]) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => view.snapshot({ like: like as Snapshot }));
  }
  const gone = Snapshot.capture(new Uint8Array(1));
  gone.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.snapshot({ like: gone }));
  t.is(view.baseline, before);
  view.dispose();
});

test('instances share through InstanceSnapshot.capture', async (t) => {
  const [one, other] = [await guest({ pages: 8 }), await guest({ pages: 8 })];
  for (const { memory, store } of [one, other]) {
    paint(new Uint8Array(memory.buffer));
    store(5 * PAGE, memory === one.memory ? 1 : 2);
  }
  const like = InstanceSnapshot.capture(one.instance).snapshot;
  const ticket = like.share();
  const captured = InstanceSnapshot.capture(other.instance, { like: Snapshot.attach(ticket) });
  t.is(captured.snapshot.storedByteLength, PAGE);
  other.fill(0, 0xee, 8 * WASM_PAGE);
  captured.reset();
  t.deepEqual([other.load(5 * PAGE), one.load(5 * PAGE)], [2, 1]);
  t.true(equalBytes(new Uint8Array(other.memory.buffer, 6 * PAGE), new Uint8Array(one.memory.buffer, 6 * PAGE)));
});
