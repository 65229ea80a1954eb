// Diffs of real memories, queued in any order and merged into the next version of their snapshot.
import {
  MemoryView,
  MergeRules,
  SnapshotDiff,
  type ElementType,
  type MergeOperation,
  type MergeRegion,
  type Snapshot,
} from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { filled, get, P, places, plain, put, times } from './helpers/merging.ts';
import { equalBytes } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

/** A memory of one WebAssembly page, and others, all with one snapshot as their baseline. */
function memories(t: ExecutionContext, count: number, regions: MergeRegion[] = [], before = filled(WASM_PAGE)) {
  const views = Array.from({ length: count }, () =>
    MemoryView.adopt(new WebAssembly.Memory({ initial: 1, maximum: 4 })),
  );
  const [first, ...others] = views as [MemoryView, ...MemoryView[]];
  first.bytes.set(before);
  const rules = new MergeRules(regions, { maxByteLength: 4 * WASM_PAGE });
  const snapshot = first.snapshot({ rules });
  for (const view of others) view.restore(snapshot);
  t.teardown(() => {
    for (const each of [...views, snapshot]) each.dispose();
  });
  return { views, snapshot, rules };
}

/** Queues what each view has changed, in this order of arrival; origins are the places of the views. */
function queueAll(snapshot: Snapshot, views: readonly MemoryView[], arrival = views.keys()): void {
  for (const origin of arrival) {
    using diff = (views[origin] as MemoryView).diff({ origin });
    snapshot.queue(diff);
  }
}

function current(snapshot: Snapshot): Uint8Array {
  return snapshot.read(0, snapshot.byteLength);
}

for (const tracker of TRACKERS) {
  test(`${tracker}: what a view has changed, merged, is the next version, and a reset takes it`, (t) => {
    if (lacks(t, tracker)) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }), { tracker });
    view.bytes.fill(3);
    const snapshot = view.snapshot();
    view.bytes.fill(4, 100, 200);
    view.bytes[P * 5] = 9;
    using diff = view.diff();
    t.deepEqual(places(diff), [
      [100, 100],
      [P * 5, 1],
    ]);
    t.deepEqual(diff.base, { id: snapshot.id, version: 0, revision: 0, byteLength: 2 * WASM_PAGE });
    t.is(snapshot.queue(diff), 1);
    t.is(snapshot.queued, 1);
    t.deepEqual(snapshot.sync(), {
      version: 1,
      diffs: 1,
      ranges: [
        { byteOffset: 100, byteLength: 100 },
        { byteOffset: P * 5, byteLength: 1 },
      ],
      elementsWithoutEffect: 0,
    });
    t.deepEqual([snapshot.version, snapshot.queued], [1, 0]);
    t.true(equalBytes(current(snapshot), view.bytes));
    refused(t, 'ERR_PAGEFOLD_STALE_VIEW', () => view.diff());
    view.bytes.fill(77, 0, P);
    const report = view.reset();
    t.is(report.tracker, tracker);
    t.true(equalBytes(current(snapshot), view.bytes));
    t.is(view.dirty().pageCount, 0);
    using none = view.diff();
    t.is(none.entryCount, 0);
    view.dispose();
  });
}

test('QUE1: an empty queue makes no version', (t) => {
  const { views, snapshot } = memories(t, 1);
  const [view] = views as [MemoryView];
  view.bytes[0] = 1;
  queueAll(snapshot, views);
  t.is(snapshot.sync().diffs, 1);
  t.deepEqual(snapshot.sync(), { version: 1, diffs: 0, ranges: [], elementsWithoutEffect: 0 });
  t.is(snapshot.version, 1);
});

test('QUE2: the order of origins decides, not of arrival', (t) => {
  for (const [operation, expected] of [
    ['overwrite', 2],
    ['first-writer', 1],
  ] as const) {
    const { views, snapshot } = memories(t, 3, [{ byteOffset: 0, byteLength: 100, type: 'raw', operation }]);
    for (const [index, view] of views.entries()) if (index > 0) view.bytes[7] = index;
    queueAll(snapshot, views, [2, 1].values());
    snapshot.sync();
    t.is(current(snapshot)[7], expected, operation);
  }
  const { views, snapshot } = memories(t, 3, [{ byteOffset: 4, count: 2, type: 'i32', operation: 'conflict' }]);
  for (const [index, view] of views.entries()) if (index > 0) view.bytes[4 + index] = 5;
  queueAll(snapshot, views, [2, 1].values());
  const error = refused(t, 'ERR_PAGEFOLD_MERGE_CONFLICT', () => snapshot.sync());
  t.deepEqual(error.conflicts, [
    { byteOffset: 4, byteLength: 4, first: { origin: 1, sequence: 1 }, second: { origin: 2, sequence: 1 } },
  ]);
  t.deepEqual([snapshot.version, snapshot.queued, current(snapshot)[5]], [0, 2, 0]);
  t.false(snapshot.discard({ origin: 2, sequence: 9 }));
  t.true(snapshot.discard({ origin: 2, sequence: 1 }));
  t.is(snapshot.sync().diffs, 1);
  t.deepEqual([current(snapshot)[5], current(snapshot)[6]], [5, 0]);
});

test('QUE3: what was made against an earlier version, another snapshot or other rules is refused', (t) => {
  const { views, snapshot, rules } = memories(t, 2);
  const [one, other] = views as [MemoryView, MemoryView];
  one.bytes[0] = 1;
  using early = one.diff();
  snapshot.write(Uint8Array.of(9), 100);
  const stale = refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.queue(early));
  t.regex(stale.message, /version 0.*version 1/s);
  other.reset();
  other.bytes[0] = 1;
  using good = other.diff();
  using fork = snapshot.fork();
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => fork.queue(good));
  using foreign = SnapshotDiff.between(filled(WASM_PAGE), filled(WASM_PAGE, 1));
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.queue(foreign));
  snapshot.setRules(rules);
  t.is(snapshot.revision, 1);
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.queue(good));
  t.is(snapshot.queued, 0);
  using again = other.diff();
  t.is(again.base.revision, 1);
  snapshot.queue(again);
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.setRules(rules));
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.write(Uint8Array.of(1), 0));
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.truncate(P));
  t.deepEqual([snapshot.queued, snapshot.version], [1, 1]);
});

test('QUE4: a later diff of an origin replaces an earlier one', (t) => {
  const { views, snapshot } = memories(t, 1);
  const [view] = views as [MemoryView];
  view.bytes[0] = 1;
  using first = view.diff({ origin: 5 });
  view.bytes[1] = 2;
  using second = view.diff({ origin: 5 });
  t.deepEqual([first.sequence, second.sequence], [1, 2]);
  t.is(snapshot.queue(first), 1);
  t.is(snapshot.queue(second), 1);
  t.is(snapshot.queue(second), 1);
  refused(t, 'ERR_PAGEFOLD_DUPLICATE_DIFF', () => snapshot.queue(first));
  refused(t, 'ERR_PAGEFOLD_DUPLICATE_DIFF', () => snapshot.queue(first, { sequence: 2 }));
  t.is(snapshot.queue(first, { origin: 6, sequence: 0 }), 2);
  t.is(snapshot.sync().diffs, 2);
  t.deepEqual([...current(snapshot).subarray(0, 2)], [1, 2]);
});

test('QUE5: a diff made twice is the same, and its sum counts once', (t) => {
  const { views, snapshot } = memories(t, 1, [{ byteOffset: 0, count: 1, type: 'i32', operation: 'sum' }]);
  const [view] = views as [MemoryView];
  view.bytes[0] = 5;
  using one = view.diff();
  using two = view.diff();
  t.is(one.origin, two.origin);
  t.deepEqual([...one].map(plain), [...two].map(plain));
  snapshot.queue(one);
  snapshot.queue(two);
  snapshot.sync();
  t.is(get(current(snapshot), 0, 'i32'), 5);
});

test('views and snapshots have origins of their own', (t) => {
  const { views, snapshot } = memories(t, 3);
  const origins = views.map((view) => {
    using diff = view.diff();
    return diff.origin;
  });
  using fork = snapshot.fork();
  using diff = snapshot.diff(fork);
  t.is(new Set([...origins, diff.origin]).size, 4);
  using named = (views[0] as MemoryView).diff({ origin: 0, sequence: 40 });
  using next = (views[0] as MemoryView).diff();
  t.deepEqual([named.origin, named.sequence, next.origin, next.sequence], [0, 40, origins[0], 41]);
});

/** Each with its outcome for origins 1 and 2 that change o to a and to b. */
const OUTCOMES: readonly (readonly [ElementType, MergeOperation, o: number, a: number, b: number, merged: number])[] = [
  ['i32', 'sum', 2_147_483_647, -2_147_483_648, 2_147_483_645, 2_147_483_646],
  ['i64', 'sum', 100, 150, 90, 140],
  ['u8', 'subtract', 200, 100, 250, 150],
  ['i16', 'product', 3, 6, 15, 30],
  ['f32', 'product', 5, 10, 20, 40],
  ['f64', 'sum', 0.5, 1.5, 3, 4],
  ['i32', 'max', 5, 9, 7, 9],
  ['f64', 'min', 5, 1.5, -2, -2],
  ['u16', 'xor', 0b1100, 0b1000, 0b1101, 0b1001],
  ['u8', 'and', 0b1111, 0b0111, 0b1110, 0b0110],
  ['raw', 'or', 0, 1, 2, 3],
  ['bool', 'or', 0, 1, 0, 1],
  ['u64', 'overwrite', 1, 2, 3, 3],
  ['i8', 'first-writer', 1, 2, 3, 2],
  ['i32', 'ignore', 1, 2, 3, 1],
];

for (const [type, operation, o, a, b, merged] of OUTCOMES) {
  test(`TYP14 and others: two origins, ${type} ${operation}`, (t) => {
    const before = filled(WASM_PAGE);
    put(before, P + 40, type, o);
    for (const arrival of [
      [0, 1],
      [1, 0],
    ]) {
      const regions: MergeRegion[] = [{ byteOffset: P + 40, count: 1, type, operation }];
      const { views, snapshot } = memories(t, 2, regions, before);
      const [first, second] = views as [MemoryView, MemoryView];
      put(first.bytes, P + 40, type, a);
      put(second.bytes, P + 40, type, b);
      queueAll(snapshot, views, arrival.values());
      snapshot.sync();
      t.is(Number(get(current(snapshot), P + 40, type)), merged);
    }
  });
}

test('TYP13: a product without a value leaves everything as it was', (t) => {
  const { views, snapshot } = memories(t, 2, [{ byteOffset: 8, count: 1, type: 'i32', operation: 'product' }]);
  const [first, second] = views as [MemoryView, MemoryView];
  put(first.bytes, 8, 'i32', 7);
  put(second.bytes, 8, 'i32', 9);
  queueAll(snapshot, views);
  const error = refused(t, 'ERR_PAGEFOLD_PRODUCT_UNDEFINED', () => snapshot.sync());
  t.deepEqual(error.conflicts?.[0]?.first, { origin: 0, sequence: 1 });
  t.deepEqual([snapshot.version, snapshot.queued, get(current(snapshot), 8, 'i32')], [0, 2, 0]);
});

test('TYP16: two halves of one value are never mixed', (t) => {
  const before = filled(WASM_PAGE);
  put(before, 16, 'f64', 1.25);
  const { views, snapshot } = memories(
    t,
    2,
    [{ byteOffset: 16, count: 1, type: 'f64', operation: 'overwrite' }],
    before,
  );
  const [first, second] = views as [MemoryView, MemoryView];
  first.bytes[16] = 99;
  second.bytes[22] = 99;
  const expected = get(second.bytes, 16, 'f64');
  queueAll(snapshot, views);
  snapshot.sync();
  t.is(get(current(snapshot), 16, 'f64'), expected);
});

test('RUN5: bytes that only join two runs are never merged, in either order', (t) => {
  for (const arrival of [
    [0, 1],
    [1, 0],
  ]) {
    const { views, snapshot } = memories(t, 2);
    const [first, second] = views as [MemoryView, MemoryView];
    first.bytes.set([1, 2, 3], 0);
    first.bytes.set([4, 5, 6], 13);
    second.bytes.set([7, 8, 9], 5);
    queueAll(snapshot, views, arrival.values());
    t.deepEqual(snapshot.sync().ranges, [{ byteOffset: 0, byteLength: 16 }]);
    t.deepEqual([...current(snapshot).subarray(0, 16)], [1, 2, 3, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 4, 5, 6]);
  }
});

test('elements without effect are counted', (t) => {
  const { views, snapshot } = memories(t, 1, [{ byteOffset: 0, count: 4, type: 'i32', operation: 'max' }]);
  const [view] = views as [MemoryView];
  put(view.bytes, 0, 'i32', -5);
  put(view.bytes, 4, 'i32', 5);
  queueAll(snapshot, views);
  const report = snapshot.sync();
  t.deepEqual([report.elementsWithoutEffect, report.ranges], [1, [{ byteOffset: 4, byteLength: 4 }]]);
});

test('JOIN1, JOIN5: several writers on one page, each with a diff', (t) => {
  const { views, snapshot } = memories(t, 4);
  for (const [index, view] of views.entries()) {
    view.bytes.set([index + 1, index + 2, index + 3], index * P);
    view.bytes.fill(index + 1, 10 * P + 10 * index, 10 * P + 10 * index + 5);
  }
  queueAll(snapshot, views, [3, 1, 2, 0].values());
  t.is(snapshot.sync().diffs, 4);
  const merged = current(snapshot);
  for (const [index, view] of views.entries()) {
    t.deepEqual([...merged.subarray(index * P, index * P + 3)], [index + 1, index + 2, index + 3]);
    t.deepEqual([...merged.subarray(10 * P + 10 * index, 10 * P + 10 * index + 6)], [...times(5, index + 1), 0]);
    view.reset();
    t.true(equalBytes(view.bytes, merged));
  }
});

test('memories that grow: the longest counts, and holes are zero', (t) => {
  const { views, snapshot } = memories(t, 2);
  const [first, second] = views as [MemoryView, MemoryView];
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const third = MemoryView.adopt(memory);
  third.restore(snapshot);
  memory.grow(2);
  third.bytes[3 * WASM_PAGE - 1] = 7;
  first.bytes[5] = 5;
  queueAll(snapshot, [first, second, third]);
  t.is(snapshot.sync().diffs, 3);
  t.is(snapshot.byteLength, 3 * WASM_PAGE);
  t.deepEqual(
    [snapshot.read(5, 1)[0], snapshot.read(WASM_PAGE, 1)[0], snapshot.read(3 * WASM_PAGE - 1, 1)[0]],
    [5, 0, 7],
  );
  refused(t, 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE', () => first.reset());
  t.is(first.bytes[5], 5);
  third.reset();
  t.true(equalBytes(third.bytes, current(snapshot)));
  memory.grow(1);
  third.bytes[4 * WASM_PAGE - 1] = 1;
  third.reset();
  t.is(third.bytes[4 * WASM_PAGE - 1], 0);
  third.dispose();
});

test('a memory that is longer than the snapshot can become has no diff', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot();
  t.is(snapshot.maxByteLength, WASM_PAGE);
  memory.grow(1);
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => view.diff());
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => view.snapshot({ maxByteLength: WASM_PAGE }));
  t.is(view.baseline, snapshot);
  view.dispose();
});

test('a view takes over what another one has changed', (t) => {
  const { views } = memories(t, 2, [{ byteOffset: 0, count: 4, type: 'i32', operation: 'sum' }]);
  const [first, second] = views as [MemoryView, MemoryView];
  put(first.bytes, 0, 'i32', 10);
  first.bytes[P] = 1;
  put(second.bytes, 0, 'i32', 32);
  using diff = first.diff();
  t.deepEqual(second.apply(diff), { entryCount: 2, byteLength: 5, elementsWithoutEffect: 0 });
  t.deepEqual([get(second.bytes, 0, 'i32'), second.bytes[P]], [42, 1]);
  using both = second.diff();
  t.deepEqual(places(both), [
    [0, 4],
    [P, 1],
  ]);
  second.reset();
  t.deepEqual([get(second.bytes, 0, 'i32'), second.bytes[P]], [0, 0]);
});

test('a diff against something else is applied only with originals', (t) => {
  const { views } = memories(t, 1);
  const [view] = views as [MemoryView];
  using bare = SnapshotDiff.between(filled(P), filled(P, 1));
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => view.apply(bare));
  using full = SnapshotDiff.between(filled(P), filled(P, 1), { originals: true });
  view.apply(full);
  t.deepEqual(view.bytes.subarray(0, P + 1), filled(P + 1, 1, { [P]: [0] }));
  using long = SnapshotDiff.between(filled(P), filled(2 * WASM_PAGE, 1), { originals: true });
  refused(t, 'ERR_PAGEFOLD_SIZE_MISMATCH', () => view.apply(long));
  const without = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  refused(t, 'ERR_PAGEFOLD_NO_BASELINE', () => without.apply(full));
  refused(t, 'ERR_PAGEFOLD_NO_BASELINE', () => without.diff());
  without.dispose();
});

test('a reset keeps what is ignored, if it is told to', (t) => {
  const { views, snapshot } = memories(t, 2, [{ byteOffset: P, byteLength: P, type: 'raw', operation: 'ignore' }]);
  const [view, other] = views as [MemoryView, MemoryView];
  view.bytes.fill(8, P - 1, 2 * P + 1);
  using diff = view.diff();
  t.deepEqual(places(diff), [
    [P - 1, 1],
    [2 * P, 1],
  ]);
  view.reset({ keepIgnored: true });
  t.deepEqual([view.bytes[P - 1], view.bytes[P], view.bytes[2 * P - 1], view.bytes[2 * P]], [0, 8, 8, 0]);
  other.bytes[0] = 1;
  using changed = other.diff();
  snapshot.queue(changed);
  snapshot.sync();
  view.reset({ keepIgnored: true });
  t.deepEqual([view.bytes[0], view.bytes[P]], [1, 8]);
  view.reset({});
  t.deepEqual([view.bytes[0], view.bytes[P]], [1, 0]);
});

test('IMG6: a version never changes under a view', (t) => {
  const { views, snapshot } = memories(t, 2);
  const [first, second] = views as [MemoryView, MemoryView];
  snapshot.write(filled(3 * P, 9), 5 * P);
  t.true(equalBytes(first.bytes, filled(WASM_PAGE)));
  first.bytes[6 * P] = 1;
  t.deepEqual([first.bytes[5 * P], second.bytes[6 * P]], [0, 0]);
  first.reset();
  t.true(equalBytes(first.bytes, current(snapshot)));
  t.true(equalBytes(second.bytes, filled(WASM_PAGE)));
});

test('the difference of two snapshots', (t) => {
  const { snapshot } = memories(t, 1);
  using fork = snapshot.fork();
  fork.write(Uint8Array.of(1, 2, 3), 2 * P);
  using diff = snapshot.diff(fork, { origin: 3, sequence: 4 });
  t.deepEqual([...diff].map(plain), [{ byteOffset: 2 * P, type: 'raw', operation: 'overwrite', bytes: [1, 2, 3] }]);
  t.deepEqual([diff.base.id, diff.origin, diff.sequence], [snapshot.id, 3, 4]);
  snapshot.queue(diff);
  snapshot.sync();
  t.true(equalBytes(current(snapshot), current(fork)));
});
