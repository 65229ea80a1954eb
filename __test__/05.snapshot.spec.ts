// Snapshots: taking them, sharing them, reading them, going back to them.
import { MemoryView, Region, Snapshot } from 'pagefold';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, isZero, PAGE, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';

function adopted(pages = 2): MemoryView {
  return MemoryView.adopt(new WebAssembly.Memory({ initial: pages, maximum: 16 }));
}

test('a snapshot has an identity, a version and a length', (t) => {
  const view = adopted();
  const [one, other] = [view.snapshot(), view.snapshot()];
  for (const snapshot of [one, other]) {
    t.regex(snapshot.id, /^[0-9a-f]{32}$/);
    t.is(snapshot.version, 0);
    t.is(snapshot.byteLength, 2 * WASM_PAGE);
    t.false(snapshot.disposed);
  }
  t.not(one.id, other.id);
  t.is(view.baseline, other);
  view.dispose();
});

test('a snapshot stores the pages that are not zero', (t) => {
  const view = adopted(16);
  t.is(view.snapshot().storedByteLength, 0);
  view.bytes[5 * PAGE] = 1;
  view.bytes[200 * PAGE] = 1;
  t.is(view.snapshot().storedByteLength, 2 * PAGE);
  view.bytes.fill(1);
  t.is(view.snapshot().storedByteLength, 16 * WASM_PAGE);
  view.dispose();
});

test('a snapshot does not change with the memory', (t) => {
  const view = adopted();
  paint(view.bytes);
  const before = Uint8Array.from(view.bytes);
  const snapshot = view.snapshot();
  view.bytes.fill(0xee);
  t.true(equalBytes(snapshot.read(0, snapshot.byteLength), before));
  view.reset();
  view.bytes.fill(0xdd);
  t.true(equalBytes(snapshot.read(0, snapshot.byteLength), before));
  view.dispose();
  t.true(equalBytes(snapshot.read(0, snapshot.byteLength), before));
});

test('a snapshot after a snapshot holds what was written between', (t) => {
  const view = adopted();
  const snapshots: Snapshot[] = [];
  for (let round = 0; round < 10; round++) {
    view.bytes[round * PAGE] = 100 + round;
    snapshots.push(view.snapshot());
    view.bytes.fill(0xee);
    view.reset();
  }
  for (const [round, snapshot] of snapshots.entries()) {
    for (let page = 0; page < 10; page++) t.is(snapshot.read(page * PAGE, 1)[0], page <= round ? 100 + page : 0);
  }
  view.dispose();
});

test('before a baseline there is nothing to go back to', (t) => {
  const view = adopted();
  view.bytes[0] = 1;
  t.is(view.baseline, undefined);
  refused(t, 'ERR_PAGEFOLD_NO_BASELINE', () => view.reset());
  refused(t, 'ERR_PAGEFOLD_NO_BASELINE', () => view.dirty());
  t.is(view.bytes[0], 1);
  view.dispose();
});

test('many memories share one snapshot', async (t) => {
  const first = adopted();
  paint(first.bytes);
  const snapshot = first.snapshot();
  const expected = snapshot.read(0, snapshot.byteLength);
  const guests = await Promise.all(Array.from({ length: 20 }, () => guest({ pages: 2 })));
  const views = guests.map(({ memory }) => MemoryView.adopt(memory));
  for (const view of views) view.restore(snapshot);
  for (const [index, { store, load }] of guests.entries()) {
    store(index * PAGE, 200);
    t.is(load(index * PAGE), 200);
  }
  for (const [index, view] of views.entries()) {
    const others = views.filter((each) => each.bytes[index * PAGE] === 200);
    t.deepEqual(others, [view], 'what one writes the others do not see');
    t.is(view.baseline, snapshot);
  }
  snapshot.dispose();
  for (const view of [...views, first]) {
    view.reset();
    t.true(equalBytes(view.bytes, expected));
    view.dispose();
  }
});

test('a smaller snapshot leaves zeros behind its end', (t) => {
  const view = adopted(3);
  const region = Region.allocate(3 * WASM_PAGE);
  const inRegion = region.view();
  for (const length of [1, 100, PAGE - 1, PAGE, PAGE + 1, WASM_PAGE, 3 * WASM_PAGE - 1, 3 * WASM_PAGE]) {
    const snapshot = Snapshot.capture(new Uint8Array(length).fill(7));
    for (const each of [view, inRegion]) {
      each.bytes.fill(0xee);
      const report = each.restore(snapshot);
      t.is(report.strategy, 'remap');
      t.true(each.bytes.subarray(0, length).every((byte) => byte === 7));
      t.true(isZero(each.bytes.subarray(length)), `${length} bytes`);
      each.bytes.fill(0xdd);
      each.reset();
      t.true(each.bytes.subarray(0, length).every((byte) => byte === 7));
      t.true(isZero(each.bytes.subarray(length)), `${length} bytes, after a reset`);
    }
  }
  view.dispose();
  region.dispose();
});

test('a snapshot that is too large is refused, and nothing has changed', (t) => {
  const view = adopted(2);
  paint(view.bytes);
  const baseline = view.snapshot();
  view.bytes[9] = 99;
  const before = Uint8Array.from(view.bytes);
  for (const length of [2 * WASM_PAGE + 1, 3 * WASM_PAGE, 100 * WASM_PAGE]) {
    const large = Snapshot.capture(new Uint8Array(length).fill(7));
    refused(t, 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE', () => view.restore(large));
    t.true(equalBytes(view.bytes, before));
    t.is(view.baseline, baseline);
    t.is(view.dirty().pageCount, 1);
  }
  view.reset();
  t.true(equalBytes(view.bytes, baseline.read(0, baseline.byteLength)));
  view.dispose();
});

test('a snapshot that is too large by less than a page is refused', (t) => {
  const region = Region.allocate(100);
  region.bytes.fill(1);
  const view = region.view();
  const large = Snapshot.capture(new Uint8Array(101).fill(7));
  refused(t, 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE', () => view.restore(large));
  t.true(region.bytes.every((byte) => byte === 1));
  t.is(view.baseline, undefined);
  region.dispose();
});

test('read', (t) => {
  const bytes = new Uint8Array(3 * PAGE + 10);
  paint(bytes);
  bytes.set([1, 2, 3], PAGE - 1);
  const snapshot = Snapshot.capture(bytes);
  t.deepEqual([...snapshot.read(PAGE - 1, 3)], [1, 2, 3]);
  t.true(equalBytes(snapshot.read(0, bytes.length), bytes));
  t.true(equalBytes(snapshot.read(PAGE + 7, 2 * PAGE), bytes.subarray(PAGE + 7, 3 * PAGE + 7)));
  t.is(snapshot.read(0, 0).length, 0);
  t.is(snapshot.read(bytes.length, 0).length, 0);
  const copy = snapshot.read(0, 1);
  copy[0] = 77;
  t.not(snapshot.read(0, 1)[0], 77);
  t.true(copy.buffer instanceof ArrayBuffer);
  for (const [from, length] of [
    [0, bytes.length + 1],
    [bytes.length, 1],
    [bytes.length + 1, 0],
    [2 ** 52, 2 ** 52],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [1, Number.MAX_SAFE_INTEGER],
  ] as const) {
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => snapshot.read(from, length), `${from}, ${length}`);
  }
  snapshot.dispose();
});

test('capture copies', (t) => {
  const bytes = new Uint8Array(2 * PAGE).fill(1);
  const snapshot = Snapshot.capture(bytes);
  bytes.fill(2);
  t.deepEqual([...snapshot.read(PAGE - 1, 2)], [1, 1]);
  snapshot.dispose();
});

test('capture of bytes at odd offsets and of odd lengths', (t) => {
  const bytes = new Uint8Array(5 * PAGE);
  paint(bytes);
  for (const [from, to] of [
    [1, 2],
    [3, PAGE + 4],
    [PAGE - 1, 4 * PAGE + 1],
    [17, 5 * PAGE],
  ] as const) {
    const part = bytes.subarray(from, to);
    const snapshot = Snapshot.capture(part);
    t.is(snapshot.byteLength, part.length);
    t.true(equalBytes(snapshot.read(0, part.length), part));
    snapshot.dispose();
  }
});

test('capture of shared bytes', (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(2 * PAGE)).fill(3);
  const snapshot = Snapshot.capture(shared);
  shared.fill(4);
  t.true(snapshot.read(0, 2 * PAGE).every((byte) => byte === 3));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  t.is(Snapshot.capture(new Uint8Array(memory.buffer)).byteLength, WASM_PAGE);
  snapshot.dispose();
});

test('capture of bytes of an adopted memory, before and after writes', (t) => {
  const view = adopted();
  paint(view.bytes);
  view.snapshot();
  const clean = Snapshot.capture(view.bytes);
  view.bytes[100] = 0xee;
  const written = Snapshot.capture(view.bytes.subarray(100, 200));
  t.is(written.read(0, 1)[0], 0xee);
  t.is(view.dirty().pageCount, 1, 'capturing reads only');
  view.restore(clean);
  t.true(equalBytes(view.bytes, clean.read(0, clean.byteLength)));
  view.restore(written);
  t.is(view.bytes[0], 0xee);
  view.dispose();
});

test('a restore of the baseline itself', (t) => {
  const view = adopted();
  paint(view.bytes);
  const snapshot = view.snapshot();
  for (let round = 0; round < 5; round++) {
    view.bytes.fill(0xee);
    const report = view.restore(snapshot);
    t.is(report.pagesRestored, (2 * WASM_PAGE) / PAGE);
    t.true(equalBytes(view.bytes, snapshot.read(0, snapshot.byteLength)));
  }
  view.dispose();
});

test('a baseline that is disposed stays the baseline', (t) => {
  const view = adopted();
  paint(view.bytes);
  const snapshot = view.snapshot();
  const expected = snapshot.read(0, snapshot.byteLength);
  snapshot.dispose();
  t.is(view.baseline, snapshot);
  t.true(view.baseline?.disposed);
  for (let round = 0; round < 3; round++) {
    view.bytes.fill(0xee);
    t.true(view.dirty().pageCount > 0);
    view.reset();
    t.true(equalBytes(view.bytes, expected));
  }
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.restore(snapshot));
  view.bytes.fill(0xee);
  view.reset();
  t.true(equalBytes(view.bytes, expected));
  view.dispose();
});

test('the report of a reset', (t) => {
  const view = adopted(4);
  paint(view.bytes);
  view.snapshot();
  view.bytes[0] = 0xee;
  view.bytes[9 * PAGE] = 0xee;
  const report = view.reset();
  t.like(report, {
    strategy: 'copy-back',
    tracker: view.tracker,
    pagesScanned: (4 * WASM_PAGE) / PAGE,
    pagesDirty: 2,
    pagesRestored: 2,
    pagesReleased: 0,
    byteLength: 4 * WASM_PAGE,
  });
  t.true(report.reason.length > 10);
  t.true(report.microseconds >= 0 && report.microseconds < 10_000_000);
  const second = view.reset();
  t.not(second, report);
  t.is(report.pagesDirty, 2, 'a report does not change with the next one');
  view.dispose();
});

test('snapshots between memories and regions', (t) => {
  const region = Region.allocate(2 * WASM_PAGE);
  const inRegion = region.view();
  const view = adopted(2);
  paint(region.bytes);
  view.restore(inRegion.snapshot());
  t.true(equalBytes(view.bytes, region.bytes));
  view.bytes.fill(9);
  t.not(region.bytes[0], 9);
  inRegion.restore(view.snapshot());
  t.true(region.bytes.every((byte) => byte === 9));
  view.dispose();
  region.dispose();
});
