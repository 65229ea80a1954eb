// Diffs between bytes: what is in them, what they make of a memory, and the algebra of them.
import { inspect } from 'node:util';

import { MergeRules, PagefoldError, SnapshotDiff, type ElementType, type MergeOperation } from 'pagefold';

import test from '#test';

import { ERROR_CODES } from './helpers/error-codes.ts';
import { HostileError, NOT_BYTES, NOT_OBJECTS } from './helpers/junk.ts';
import { filled, get, mergedAlone, P, places, plain, put, times } from './helpers/merging.ts';
import { equalBytes } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';

const ZEROS = '0'.repeat(32);

/** TYP1 to TYP8: at P+40 of five pages, with gaps that are ignored. */
const CASES: readonly (readonly [ElementType, MergeOperation, o: number, u: number, delta: number, merged: number])[] =
  [
    ['i32', 'sum', 100, 150, 50, 150],
    ['i64', 'sum', 100, 150, 50, 150],
    ['i32', 'subtract', 150, 100, 50, 100],
    ['i64', 'subtract', 150, 100, 50, 100],
    ['i32', 'max', 10, 200, 200, 200],
    ['i64', 'max', 10, 200, 200, 200],
    ['i32', 'max', 30, 10, 10, 30],
    ['i64', 'max', 30, 10, 10, 30],
    ['f32', 'sum', 513, 945, 432, 945],
    ['f64', 'sum', 513, 945, 432, 945],
    ['f32', 'subtract', 945, 513, 432, 513],
    ['f64', 'subtract', 945, 513, 432, 513],
    ['f32', 'product', 5, 655, 131, 655],
    ['f64', 'product', 5, 655, 131, 655],
    ['f64', 'max', 555.55, 666.66, 666.66, 666.66],
    ['u8', 'sum', 250, 5, 11, 5],
    ['i16', 'min', -5, -7, -7, -7],
  ];

for (const [index, [type, operation, o, u, delta, merged]] of CASES.entries()) {
  test(`TYP1-8 (${index}): ${type} ${operation}, ${o} to ${u}`, (t) => {
    const rules = new MergeRules([{ byteOffset: P + 40, count: 1, type, operation }], { gap: 'ignore' });
    const before = filled(5 * P);
    put(before, P + 40, type, o);
    const after = Uint8Array.from(before);
    put(after, P + 40, type, u);
    after[3 * P] = 1;
    using diff = SnapshotDiff.between(before, after, { rules, originals: true });
    const [entry, ...others] = diff;
    t.deepEqual(others, []);
    t.deepEqual([entry?.byteOffset, entry?.type, entry?.operation, entry?.exact], [P + 40, type, operation, true]);
    t.is(Number(get(entry?.bytes ?? filled(8), 0, type)), u);
    t.is(Number(get(entry?.original ?? filled(8), 0, type)), o);
    const value = type === 'i64' ? BigInt(delta) : delta;
    t.deepEqual(entry?.delta, [{ byteOffset: P + 40, value }]);
    const target = Uint8Array.from(before);
    const report = diff.applyTo(target, before);
    t.is(Number(get(target, P + 40, type)), merged);
    t.is(target[3 * P], 0);
    const { byteLength } = entry ?? { byteLength: 0 };
    t.deepEqual(report, { entryCount: 1, byteLength, elementsWithoutEffect: merged === u ? 0 : 1 });
  });
}

test('TYP9: a bool that is overwritten keeps its type', (t) => {
  const rules = new MergeRules([{ byteOffset: P + 40, count: 1, type: 'bool', operation: 'overwrite' }]);
  const before = filled(5 * P, 0, { [P + 40]: [1] });
  using diff = SnapshotDiff.between(before, filled(5 * P), { rules, originals: true });
  t.deepEqual([...diff].map(plain), [{ byteOffset: P + 40, type: 'bool', operation: 'overwrite', bytes: [0] }]);
  t.deepEqual([...diff][0]?.delta, [{ byteOffset: P + 40, value: false }]);
});

test('TYP10, TYP11: 100 raw bytes, overwritten and ignored', (t) => {
  const before = filled(5 * P, 3);
  const after = filled(5 * P, 3, { [P + 40]: times(100, 4) });
  for (const byteLength of [100, 'end'] as const) {
    const region = { byteOffset: P + 40, byteLength, type: 'raw', operation: 'overwrite' } as const;
    const rules = new MergeRules([region], { gap: 'ignore' });
    using diff = SnapshotDiff.between(before, after, { rules });
    t.deepEqual([...diff].map(plain), [
      { byteOffset: P + 40, type: 'raw', operation: 'overwrite', bytes: times(100, 4) },
    ]);
    const ignored = new MergeRules([{ ...region, operation: 'ignore' }]);
    using none = SnapshotDiff.between(before, after, { rules: ignored });
    t.is(none.entryCount, 0);
    t.true(equalBytes(mergedAlone(before, after, ignored), before));
  }
});

test('TYP13: a base of zero and one diff have a product, and two have none', (t) => {
  const rules = new MergeRules([{ byteOffset: 8, count: 1, type: 'i32', operation: 'product' }]);
  const before = filled(16);
  const [seven, nine] = [filled(16), filled(16)];
  put(seven, 8, 'i32', 7);
  put(nine, 8, 'i32', 9);
  using diff = SnapshotDiff.between(before, seven, { rules, originals: true });
  t.deepEqual([...diff][0]?.delta, [{ byteOffset: 8, value: undefined }]);
  t.is(get(mergedAlone(before, seven, rules), 8, 'i32'), 7);
  const held = Uint8Array.from(nine);
  const error = refused(t, 'ERR_PAGEFOLD_PRODUCT_UNDEFINED', () => diff.applyTo(nine, before));
  t.deepEqual(
    error.conflicts?.map(({ byteOffset, byteLength }) => [byteOffset, byteLength]),
    [[8, 4]],
  );
  t.true(equalBytes(nine, held));
});

test('TYP15: bits are compared, so that a negative zero is a change and the same NaN is none', (t) => {
  const rules = new MergeRules([{ byteOffset: 0, count: 2, type: 'f64', operation: 'overwrite' }]);
  const before = filled(16);
  put(before, 8, 'f64', Number.NaN);
  const after = Uint8Array.from(before);
  put(after, 0, 'f64', -0);
  using diff = SnapshotDiff.between(before, after, { rules, gap: 0 });
  t.deepEqual(places(diff), [[0, 8]]);
  t.true(Object.is(get(mergedAlone(before, after, rules), 0, 'f64'), -0));
});

test('TYP17: two sums declared in reverse, and a gap', (t) => {
  for (const gap of ['ignore', 'overwrite'] as const) {
    const regions = [2 * P + 80, P + 40].map(
      (byteOffset) => ({ byteOffset, count: 1, type: 'i32', operation: 'sum' }) as const,
    );
    const rules = new MergeRules(regions, { gap });
    const before = filled(5 * P);
    put(before, P + 40, 'i32', 123_456);
    put(before, 2 * P + 80, 'i32', 300_000);
    const after = filled(5 * P, 0, { [3 * P + 5]: times(100, 5) });
    put(after, P + 40, 'i32', 150_000);
    put(after, 2 * P + 80, 'i32', 650_123);
    using diff = SnapshotDiff.between(before, after, { rules, originals: true });
    const [first, second, third] = diff;
    t.deepEqual(first?.delta, [{ byteOffset: P + 40, value: 26_544 }]);
    t.deepEqual(second?.delta, [{ byteOffset: 2 * P + 80, value: 350_123 }]);
    t.deepEqual(
      third === undefined ? [] : [third.byteOffset, third.byteLength],
      gap === 'ignore' ? [] : [3 * P + 5, 100],
    );
    const merged = mergedAlone(before, after, rules);
    t.deepEqual([get(merged, P + 40, 'i32'), get(merged, 2 * P + 80, 'i32')], [150_000, 650_123]);
  }
});

test('TYP18: a target that has changed meets a contribution', (t) => {
  for (const [operation, s, o, u, merged] of [
    ['sum', 100, 0, 10, 110],
    ['subtract', 100, 10, 0, 90],
    ['product', 10, 1, 20, 200],
    ['min', 1000, 2000, 100, 100],
    ['min', 10, 30, 20, 10],
  ] as const) {
    const rules = new MergeRules([{ byteOffset: 8, count: 1, type: 'i32', operation }]);
    const [base, updated, target] = [filled(16), filled(16), filled(16)];
    put(base, 8, 'i32', o);
    put(updated, 8, 'i32', u);
    put(target, 8, 'i32', s);
    using diff = SnapshotDiff.between(base, updated, { rules });
    diff.applyTo(target, base);
    t.is(get(target, 8, 'i32'), merged, `${operation} ${s} ${o} ${u}`);
  }
});

test('RUN1, RUN2, RUN3: exact runs', (t) => {
  for (const [before, after, expected] of [
    [[], [], []],
    [[1, 2], [1, 2], []],
    [
      [0, 0, 2, 2, 3, 3, 4, 4, 5, 5],
      [0, 1, 1, 2, 3, 6, 6, 6, 5, 5],
      [
        [1, 2],
        [5, 3],
      ],
    ],
    [[0, 1, 2, 3, 4], [0, 1, 3, 3, 4], [[2, 1]]],
    [
      [0, 1, 2, 3, 4, 5, 6],
      [1, 2, 3, 3, 3, 4, 6],
      [
        [0, 3],
        [4, 2],
      ],
    ],
  ] as const) {
    using diff = SnapshotDiff.between(Uint8Array.from(before), Uint8Array.from(after), { gap: 0 });
    t.deepEqual(places(diff), expected as readonly (readonly number[])[] as [number, number][]);
  }
  const changed = filled(512, 1, { 133: times(3, 2), 141: times(5, 2), 260: times(6, 2) });
  using diff = SnapshotDiff.between(filled(512, 1), changed, { gap: 0 });
  t.deepEqual(places(diff), [
    [133, 3],
    [141, 5],
    [260, 6],
  ]);
});

test('RUN4: a run crosses the border of pages', (t) => {
  const rules = new MergeRules([{ byteOffset: 0, byteLength: 2 * P, type: 'raw', operation: 'overwrite' }]);
  using diff = SnapshotDiff.between(filled(2 * P), filled(2 * P, 0, { 4091: times(10, 7) }), { rules, gap: 0 });
  t.deepEqual(places(diff), [[4091, 10]]);
});

test('RUN6: every second byte is one entry, and bytes that only join are never merged', (t) => {
  const before = filled(64 * P, 9);
  const after = before.map((byte, index) => (index % 2 === 0 ? byte + 1 : byte));
  using diff = SnapshotDiff.between(before, after);
  t.deepEqual(places(diff), [[0, 64 * P - 1]]);
  t.is([...diff][0]?.exact, false);
  const target = before.map((byte, index) => (index % 2 === 0 ? byte : 77));
  diff.applyTo(target, before);
  t.true(target.every((byte, index) => byte === (index % 2 === 0 ? 10 : 77)));
});

/** Bytes that are merged from an offset to the end, and nothing before. */
const fromThere = (byteOffset: number): MergeRules =>
  new MergeRules([{ byteOffset, byteLength: 'end', type: 'raw', operation: 'overwrite' }], { gap: 'ignore' });

test('GRO2, GRO3: growth', (t) => {
  for (const [at, start] of [
    [6 * P + 100, 6 * P],
    [6 * P, 6 * P],
    [8 * P + 100, 8 * P],
  ] as const) {
    const after = filled(10 * P, 0, { [at]: times(100, 2) });
    using diff = SnapshotDiff.between(filled(6 * P), after, { rules: fromThere(start) });
    t.deepEqual([diff.byteLength, places(diff)], [10 * P, [[at, 100]]]);
    t.true(equalBytes(mergedAlone(filled(6 * P), after, fromThere(start)), after));
  }
  const after = filled(8 * P, 0, { 0: [1], [2 * P]: [1], [3 * P + 10]: [1], [8 * P - 20]: [1] });
  using diff = SnapshotDiff.between(filled(5 * P), after, { gap: 0 });
  t.deepEqual(places(diff), [
    [0, 1],
    [2 * P, 1],
    [3 * P + 10, 1],
    [8 * P - 20, 1],
  ]);
  const ignored = new MergeRules([], { gap: 'ignore' });
  using none = SnapshotDiff.between(filled(5 * P), after, { rules: ignored });
  t.deepEqual([none.entryCount, none.byteLength], [0, 8 * P]);
});

test('GRO4: sizes that do not fit', (t) => {
  const rules = new MergeRules([], { maxByteLength: 2 * P });
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => SnapshotDiff.between(filled(P), filled(2 * P + 1), { rules }));
  refused(t, 'ERR_PAGEFOLD_SIZE_MISMATCH', () => SnapshotDiff.between(filled(P), filled(P - 1)));
  using diff = SnapshotDiff.between(filled(P), filled(2 * P, 1));
  refused(t, 'ERR_PAGEFOLD_SIZE_MISMATCH', () => diff.applyTo(filled(2 * P - 1), filled(P)));
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => diff.applyTo(filled(2 * P), filled(P + 1)));
});

test('an element that the end cuts off is refused when it has changed', (t) => {
  const rules = new MergeRules([{ byteOffset: 0, count: 8, type: 'f64', operation: 'sum' }]);
  refused(t, 'ERR_PAGEFOLD_PARTIAL_ELEMENT', () => SnapshotDiff.between(filled(12), filled(12, 1), { rules }));
});

test('GAP10: a minimum in the tail is what the first one says', (t) => {
  const rules = new MergeRules([{ byteOffset: P, count: 1, type: 'i32', operation: 'min' }]);
  const after = filled(2 * P);
  put(after, P, 'i32', 5);
  t.is(get(mergedAlone(filled(P), after, rules), P, 'i32'), 5);
});

test('GAP11, GAP12: regions of several kinds', (t) => {
  const xor = new MergeRules(
    [
      { byteOffset: 0, byteLength: 150, type: 'raw', operation: 'xor' },
      { byteOffset: 2 * P + 100, byteLength: 200, type: 'raw', operation: 'xor' },
    ],
    { gap: 'ignore' },
  );
  const after = filled(5 * P, 0, { 0: times(150, 3), [2 * P + 100]: times(200, 4) });
  const held = Uint8Array.from(after);
  using diff = SnapshotDiff.between(filled(5 * P), after, { rules: xor });
  t.deepEqual(places(diff), [
    [0, 150],
    [2 * P + 100, 200],
  ]);
  t.true(equalBytes(mergedAlone(filled(5 * P), after, xor), after) && equalBytes(after, held));

  const sum = { type: 'i32', operation: 'sum', count: 1 } as const;
  const raw = { type: 'raw', operation: 'overwrite' } as const;
  const regions = [0, 1, 2, 3, 4, 5].flatMap((page) => [
    { byteOffset: page * P, byteLength: 10, ...raw },
    { byteOffset: (page + 1) * P - 8, ...sum },
  ]);
  const mixed = new MergeRules(
    [...regions, { byteOffset: 2 * P + 20, byteLength: 20, ...raw }, { byteOffset: 4 * P + 100, ...sum }],
    { gap: 'ignore' },
  );
  const before = filled(6 * P);
  put(before, 4 * P + 100, 'i32', 111);
  const changed = filled(6 * P, 0, { [2 * P + 20]: times(10, 1) });
  put(changed, 4 * P + 100, 'i32', 333);
  using both = SnapshotDiff.between(before, changed, { rules: mixed, originals: true });
  t.deepEqual(places(both), [
    [2 * P + 20, 10],
    [4 * P + 100, 4],
  ]);
  t.deepEqual([...both][1]?.delta, [{ byteOffset: 4 * P + 100, value: 222 }]);
});

test('what a diff tells of itself', (t) => {
  using diff = SnapshotDiff.between(filled(100), filled(200, 0, { 10: [1], 150: [2, 3] }), { gap: 0 });
  const { base, origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals, disposed } = diff;
  t.deepEqual(base, { id: ZEROS, version: 0, revision: 0, byteLength: 100 });
  t.deepEqual(
    [origin, sequence, byteLength, entryCount, changedByteLength, hasOriginals, disposed],
    [0, 0, 200, 2, 3, false, false],
  );
  t.throws(() => ((diff as { origin: number }).origin = 5), { instanceOf: TypeError });
  t.throws(() => ((diff.base as { version: number }).version = 5), { instanceOf: TypeError });
  t.regex(inspect(diff), /^SnapshotDiff {[^]*entryCount: 2/);
  t.false('then' in diff);
});

test('a diff is not a promise-like object', async (t) => {
  const diff = await Promise.resolve(SnapshotDiff.between(filled(4), filled(4, 1)));
  t.is(diff.entryCount, 1);
});

test('each iteration has a copy of its own, in one buffer', (t) => {
  using diff = SnapshotDiff.between(filled(100), filled(100, 0, { 1: [1], 50: [2] }), { gap: 0, originals: true });
  const [first, second] = diff;
  t.is(first?.bytes.buffer, second?.bytes.buffer);
  first?.bytes.fill(99);
  t.deepEqual([...diff][0]?.bytes, Uint8Array.of(1));
  t.deepEqual(first?.original, Uint8Array.of(0));
});

test('a diff owns its bytes', (t) => {
  const [before, after] = [filled(10), filled(10, 5)];
  using diff = SnapshotDiff.between(before, after);
  before.fill(1);
  after.fill(2);
  t.deepEqual([...diff].map(plain), [{ byteOffset: 0, type: 'raw', operation: 'overwrite', bytes: times(10, 5) }]);
});

test('without originals there is no delta and no way back', (t) => {
  using diff = SnapshotDiff.between(filled(4), filled(4, 1));
  const [entry] = diff;
  t.is(entry?.original, undefined);
  refused(t, 'ERR_PAGEFOLD_NO_ORIGINALS', () => entry?.delta);
  refused(t, 'ERR_PAGEFOLD_NO_ORIGINALS', () => diff.invert());
});

test('deltas of every type', (t) => {
  for (const [type, o, u, sum, xor] of [
    ['raw', 1, 7, 7, 6],
    ['bool', 1, 0, false, true],
    ['i8', 1, -3, -4, -4],
    ['u8', 3, 1, 254, 2],
    ['i16', 1, -3, -4, -4],
    ['u16', 3, 1, 65_534, 2],
    ['i32', 1, -3, -4, -4],
    ['u32', 3, 1, 4_294_967_294, 2],
    ['i64', 1, -3, -4n, -4n],
    ['u64', 3, 1, 18_446_744_073_709_551_614n, 2n],
    ['f32', 1.5, 2.25, 0.75, undefined],
    ['f64', 0.1, 0.3, 0.3 - 0.1, undefined],
  ] as const) {
    const [before, after] = [filled(8), filled(8)];
    put(before, 0, type, o);
    put(after, 0, type, u);
    const delta = (operation: MergeOperation): unknown => {
      const rules = new MergeRules([{ byteOffset: 0, count: 1, type, operation }]);
      using diff = SnapshotDiff.between(before, after, { rules, originals: true });
      return [...diff][0]?.delta;
    };
    const isNumber = type !== 'raw' && type !== 'bool';
    t.deepEqual(delta(isNumber ? 'sum' : 'overwrite'), [{ byteOffset: 0, value: sum }], type);
    if (xor !== undefined) t.deepEqual(delta('xor'), [{ byteOffset: 0, value: xor }], type);
  }
});

test('compose, conflicts and invert', (t) => {
  const options = { gap: 0, originals: true };
  const base = filled(100);
  const middle = filled(100, 0, { 10: [1, 2, 3] });
  const end = filled(100, 0, { 10: [1, 0, 3], 50: [9] });
  using one = SnapshotDiff.between(base, middle, options);
  using two = SnapshotDiff.between(middle, end, options);
  using both = one.compose(two);
  t.deepEqual([both.base, both.byteLength, both.hasOriginals], [one.base, 100, true]);
  const target = Uint8Array.from(base);
  both.applyTo(target, base);
  t.true(equalBytes(target, end));
  t.deepEqual(one.conflicts(two), [{ byteOffset: 11, byteLength: 1 }]);
  t.deepEqual(two.conflicts(one), one.conflicts(two));
  t.deepEqual(one.conflicts(one), [{ byteOffset: 10, byteLength: 3 }]);

  using back = both.invert();
  t.deepEqual(back.base, { id: ZEROS, version: 0, revision: 0, byteLength: 100 });
  back.applyTo(target, Uint8Array.from(end));
  t.true(equalBytes(target, base));
  using grown = SnapshotDiff.between(base, filled(101), { originals: true });
  refused(t, 'ERR_PAGEFOLD_SIZE_MISMATCH', () => grown.invert());
  refused(t, 'ERR_PAGEFOLD_SIZE_MISMATCH', () => grown.compose(one));
});

test('a diff applied to the array that is its base', (t) => {
  using diff = SnapshotDiff.between(filled(20_000), filled(20_000, 1));
  const bytes = filled(20_000);
  diff.applyTo(bytes, bytes);
  t.true(equalBytes(bytes, filled(20_000, 1)));
  // Over one buffer, shifted: the base is what was there before.
  const buffer = filled(30_000);
  diff.applyTo(buffer.subarray(5_000, 25_000), buffer.subarray(0, 20_000));
  t.true(equalBytes(buffer.subarray(5_000, 25_000), filled(20_000, 1)));
  t.is(buffer.subarray(0, 5_000).indexOf(1), -1);
});

test('shared bytes are read and not written', (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(100));
  shared.fill(3);
  using diff = SnapshotDiff.between(filled(100), shared);
  t.is(diff.changedByteLength, 100);
  const target = filled(100);
  diff.applyTo(target, new Uint8Array(new SharedArrayBuffer(100)));
  t.deepEqual(target, filled(100, 3));
  refused(t, 'ERR_PAGEFOLD_SHARED_MEMORY', () => diff.applyTo(shared, filled(100)));
});

test('conflicting changes of a target are refused whole', (t) => {
  const rules = new MergeRules([{ byteOffset: 8, count: 2, type: 'i32', operation: 'conflict' }]);
  const base = filled(100);
  using diff = SnapshotDiff.between(base, filled(100, 0, { 0: [1], 8: [2], 99: [3] }), { rules });
  const target = filled(100, 0, { 9: [5] });
  const error = refused(t, 'ERR_PAGEFOLD_MERGE_CONFLICT', () => diff.applyTo(target, base));
  const author = { origin: 0, sequence: 0 };
  t.deepEqual(error.conflicts, [{ byteOffset: 8, byteLength: 4, first: author, second: author }]);
  t.deepEqual(target, filled(100, 0, { 9: [5] }));
});

test('a disposed diff', (t) => {
  const diff = SnapshotDiff.between(filled(10), filled(10, 1));
  const other = SnapshotDiff.between(filled(10), filled(10, 2));
  const begun = diff[Symbol.iterator]();
  for (let round = 0; round < 3; round++) t.is(diff.dispose(), undefined);
  diff[Symbol.dispose]();
  t.true(diff.disposed);
  t.is(diff.entryCount, 1);
  t.is(inspect(diff), 'SnapshotDiff (disposed)');
  for (const call of [
    () => diff.encode(),
    () => [...diff],
    () => begun.next(),
    () => diff.compose(other),
    () => other.compose(diff),
    () => diff.conflicts(other),
    () => other.conflicts(diff),
    () => diff.invert(),
    () => diff.applyTo(filled(10), filled(10)),
  ]) {
    refused(t, 'ERR_PAGEFOLD_DISPOSED', call, String(call));
  }
  other.dispose();
});

test('junk in every place is refused', (t) => {
  using diff = SnapshotDiff.between(filled(10), filled(10, 1));
  const [one, other] = [filled(10), filled(10)];
  const calls: readonly (readonly [string, (value: never) => unknown])[] = [
    ['before', (value) => SnapshotDiff.between(value, one)],
    ['after', (value) => SnapshotDiff.between(one, value)],
    ['options', (value) => SnapshotDiff.between(one, other, value)],
    ['rules', (value) => SnapshotDiff.between(one, other, { rules: value })],
    ['gap', (value) => SnapshotDiff.between(one, other, { gap: value })],
    ['originals', (value) => SnapshotDiff.between(one, other, { originals: value })],
    ['decode', (value) => SnapshotDiff.decode(value)],
    ['options of decode', (value) => SnapshotDiff.decode(one, value)],
    ['maxByteLength', (value) => SnapshotDiff.decode(one, { maxByteLength: value })],
    ['maxEntries', (value) => SnapshotDiff.decode(one, { maxEntries: value })],
    ['maxBodyByteLength', (value) => SnapshotDiff.decode(one, { maxBodyByteLength: value })],
    ['options of encode', (value) => diff.encode(value)],
    ['compression', (value) => diff.encode({ compression: value })],
    ['compose', (value) => diff.compose(value)],
    ['conflicts', (value) => diff.conflicts(value)],
    ['target', (value) => diff.applyTo(value, one)],
    ['base', (value) => diff.applyTo(filled(10), value)],
  ];
  let refusals = 0;
  for (const [name, call] of calls) {
    for (const [what, value] of [...NOT_BYTES, ...NOT_OBJECTS]) {
      try {
        call(value as never);
      } catch (error) {
        const isRefusal = error instanceof PagefoldError && ERROR_CODES.has(error.code);
        if (!isRefusal && !(error instanceof HostileError)) {
          throw new Error(`${name} with ${what}: not a PagefoldError`, { cause: error });
        }
        refusals++;
      }
    }
  }
  t.true(refusals > 10 * NOT_BYTES.length);
  t.deepEqual([...diff].map(plain), [{ byteOffset: 0, type: 'raw', operation: 'overwrite', bytes: times(10, 1) }]);
});
