// Merge rules: what can be declared, and what holds for each byte.
import { inspect } from 'node:util';

import { MergeRules, PagefoldError, type ElementType, type MergeOperation, type MergeRegion } from 'pagefold';

import test from '#test';

import { ERROR_CODES } from './helpers/error-codes.ts';
import { HostileError, NOT_BYTES, NOT_OBJECTS } from './helpers/junk.ts';
import { refused } from './helpers/refusal.ts';

const P = 4096;
const sum = (byteOffset: number, count = 1): MergeRegion => ({ byteOffset, count, type: 'i32', operation: 'sum' });

const TYPES: Readonly<Record<ElementType, number>> = {
  raw: 1,
  bool: 1,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
};
const OPERATIONS: readonly MergeOperation[] = [
  'overwrite',
  'sum',
  'subtract',
  'product',
  'max',
  'min',
  'xor',
  'and',
  'or',
  'ignore',
  'first-writer',
  'conflict',
];

function isLegal(type: ElementType, operation: MergeOperation): boolean {
  if (['sum', 'subtract', 'product', 'max', 'min'].includes(operation)) return type !== 'raw' && type !== 'bool';
  if (['xor', 'and', 'or'].includes(operation)) return type !== 'f32' && type !== 'f64';
  return true;
}

test('every pair of type and operation is declared as it is legal, and comes back by name', (t) => {
  let legal = 0;
  for (const [type, width] of Object.entries(TYPES) as [ElementType, number][]) {
    for (const operation of OPERATIONS) {
      const region: MergeRegion = { byteOffset: 8, count: 3, type, operation };
      if (!isLegal(type, operation)) {
        refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => new MergeRules([region]), `${type} ${operation}`);
        continue;
      }
      legal++;
      const rules = new MergeRules([region], { maxByteLength: P });
      t.deepEqual(rules.regions, [{ byteOffset: 8, byteLength: 3 * width, type, operation }]);
      const stretch = { byteOffset: 8, byteLength: 3 * width, type, operation };
      t.deepEqual(rules.coverage(8, 3 * width), [operation === 'ignore' ? { ...stretch, type: 'raw' } : stretch]);
    }
  }
  t.is(legal, 12 * 4 + 10 * 5 + 10 * 3);
});

test('TYP12, GAP3: what no table can have is refused', (t) => {
  for (const [region, code] of [
    [{ byteOffset: P + 8, count: 1, type: 'bool', operation: 'product' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 0, byteLength: 0, type: 'raw', operation: 'xor' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 0, count: 0, type: 'i8', operation: 'sum' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 0, byteLength: 6, type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 3 * P - 4, byteLength: 8, type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 3 * P, byteLength: 'end', type: 'raw', operation: 'xor' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 2, byteLength: 'end', type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 0, count: 2 ** 53 - 1, type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_OUT_OF_RANGE'],
    [{ byteOffset: 2 ** 53 - 1, byteLength: 2 ** 53 - 1, type: 'raw', operation: 'or' }, 'ERR_PAGEFOLD_ILLEGAL_REGION'],
    [{ byteOffset: 0, byteLength: 4, count: 1, type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
    [{ byteOffset: 0, type: 'i32', operation: 'sum' }, 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
  ] as const) {
    refused(t, code, () => new MergeRules([region], { maxByteLength: 3 * P }), inspect(region));
  }
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => new MergeRules([], { gap: 'sum' }));
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => new MergeRules([], { gap: 'nothing' as 'ignore' }));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => new MergeRules([], { maxByteLength: 0 }));
});

test('the types have other names', (t) => {
  const names = ['int', 'long', 'float', 'double'] as const;
  const regions = names.map((type, index): MergeRegion => ({
    byteOffset: 8 * index,
    count: 1,
    type,
    operation: 'max',
  }));
  const { regions: declared } = new MergeRules(regions);
  t.deepEqual(
    declared.map(({ type, byteLength }) => [type, byteLength]),
    [
      ['i32', 4],
      ['i64', 8],
      ['f32', 4],
      ['f64', 8],
    ],
  );
});

test('GAP1: what holds without regions, and with one at either end', (t) => {
  const options = { maxByteLength: 3 * P };
  const raw = { type: 'raw', operation: 'overwrite' } as const;
  t.deepEqual(new MergeRules([], options).coverage(), [{ byteOffset: 0, byteLength: 3 * P, ...raw }]);
  const first = { byteOffset: 0, count: 25, type: 'i32', operation: 'max' } as const;
  const declared = { byteOffset: 0, byteLength: 100, type: 'i32', operation: 'max' } as const;
  t.deepEqual(new MergeRules([first], options).coverage(), [
    declared,
    { byteOffset: 100, byteLength: 3 * P - 100, ...raw },
  ]);
  const last = { ...first, byteOffset: 3 * P - 100 };
  t.deepEqual(new MergeRules([last], options).coverage(), [
    { byteOffset: 0, byteLength: 3 * P - 100, ...raw },
    { ...declared, byteOffset: 3 * P - 100 },
  ]);
});

test('GAP2: there is no gap between neighbours', (t) => {
  const rules = new MergeRules([sum(P + 4), sum(P)], { maxByteLength: 3 * P, gap: 'ignore' });
  t.deepEqual(
    rules.coverage().map(({ byteOffset, byteLength, operation }) => [byteOffset, byteLength, operation]),
    [
      [0, P, 'ignore'],
      [P, 4, 'sum'],
      [P + 4, 4, 'sum'],
      [P + 8, 2 * P - 8, 'ignore'],
    ],
  );
  t.deepEqual(rules.coverage(P + 2, 3), [
    { byteOffset: P + 2, byteLength: 2, type: 'i32', operation: 'sum' },
    { byteOffset: P + 4, byteLength: 1, type: 'i32', operation: 'sum' },
  ]);
  t.deepEqual(rules.coverage(3 * P), []);
  t.deepEqual(rules.coverage(0, 0), []);
  t.deepEqual(rules.coverage(2 ** 53 - 1, 2 ** 53 - 1), []);
});

test('GAP4, GAP5: the order of declaring does not matter, and equality compares every field', (t) => {
  const rules = new MergeRules([10, 50, 5, 30].map((at) => sum(at)));
  t.deepEqual(
    rules.regions.map((region) => region.byteOffset),
    [5, 10, 30, 50],
  );
  t.true(rules.equals(new MergeRules([50, 30, 10, 5].map((at) => sum(at)))));
  const others: MergeRegion[] = [
    { ...sum(10), byteOffset: 14 },
    { ...sum(10), count: 2 },
    { ...sum(10), type: 'u32' },
    { ...sum(10), operation: 'subtract' },
  ];
  const one = new MergeRules([sum(10)]);
  for (const other of others) t.false(one.equals(new MergeRules([other])));
  t.false(one.equals(new MergeRules([sum(10)], { gap: 'ignore' })));
  t.false(one.equals(new MergeRules([sum(10)], { maxByteLength: P })));
  t.true(one.equals(one));
});

test('GAP6: what is ignored masks what lies under it, and coverage answers twice the same', (t) => {
  const rules = new MergeRules(
    [
      { byteOffset: 100, byteLength: 'end', type: 'raw', operation: 'ignore' },
      { byteOffset: 96, count: 2, type: 'i32', operation: 'sum' },
    ],
    { maxByteLength: P },
  );
  const expected = [
    [0, 96, 'raw', 'overwrite'],
    [96, 4, 'i32', 'sum'],
    [100, P - 100, 'raw', 'ignore'],
  ];
  for (let round = 0; round < 2; round++) {
    t.deepEqual(
      rules.coverage().map(({ byteOffset, byteLength, type, operation }) => [byteOffset, byteLength, type, operation]),
      expected,
    );
  }
  refused(
    t,
    'ERR_PAGEFOLD_ILLEGAL_REGION',
    () =>
      new MergeRules([
        { byteOffset: 98, byteLength: 'end', type: 'raw', operation: 'ignore' },
        { byteOffset: 96, count: 2, type: 'i32', operation: 'sum' },
      ]),
  );
});

test('GAP7, GAP8: regions overlap only with what is ignored', (t) => {
  const options = { maxByteLength: 1024 };
  const [typed, raw] = [
    { byteOffset: 123, byteLength: 1234, type: 'i32', operation: 'sum' },
    { byteOffset: 345, byteLength: 3456, type: 'raw', operation: 'overwrite' },
  ] as const;
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => new MergeRules([typed], options));
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => new MergeRules([raw], options));
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => new MergeRules([raw, typed], { maxByteLength: P }));
  const fitting = { ...typed, byteLength: 1232 };
  refused(t, 'ERR_PAGEFOLD_REGION_OVERLAP', () => new MergeRules([raw, fitting], { maxByteLength: P }));
  refused(t, 'ERR_PAGEFOLD_REGION_OVERLAP', () => new MergeRules([sum(8), sum(8)]));
  refused(t, 'ERR_PAGEFOLD_REGION_OVERLAP', () => new MergeRules([sum(8), sum(10)]));
});

test('offsets beyond 4 GiB', (t) => {
  const maxByteLength = 2 ** 53 - 1;
  const far = { byteOffset: 2 ** 52, count: 2, type: 'f64', operation: 'min' } as const;
  const rules = new MergeRules([far], { maxByteLength });
  t.is(rules.maxByteLength, maxByteLength);
  t.deepEqual(rules.coverage(2 ** 52 - 1, 2), [
    { byteOffset: 2 ** 52 - 1, byteLength: 1, type: 'raw', operation: 'overwrite' },
    { byteOffset: 2 ** 52, byteLength: 1, type: 'f64', operation: 'min' },
  ]);
});

test('rules as JSON', (t) => {
  const rules = new MergeRules(
    [sum(64, 10), { byteOffset: P, byteLength: 'end', type: 'raw', operation: 'first-writer' }],
    { gap: 'conflict', maxByteLength: 8 * P },
  );
  const text = JSON.stringify(rules);
  t.deepEqual(JSON.parse(text), {
    regions: [
      { byteOffset: 64, byteLength: 40, type: 'i32', operation: 'sum' },
      { byteOffset: P, byteLength: 'end', type: 'raw', operation: 'first-writer' },
    ],
    gap: 'conflict',
    maxByteLength: 8 * P,
  });
  t.true(MergeRules.fromJSON(JSON.parse(text)).equals(rules));
  t.true(MergeRules.fromJSON(structuredClone(rules.toJSON())).equals(rules));
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => MergeRules.fromJSON({ ...rules.toJSON(), gap: 'none' as 'or' }));
  t.true(MergeRules.fromJSON({ regions: [] } as never).equals(new MergeRules()));
});

test('rules do not change with what they were made of', (t) => {
  const region = { byteOffset: 0, count: 1, type: 'i32', operation: 'sum' as MergeOperation } as const;
  const mutable: MergeRegion = { ...region };
  const rules = new MergeRules([mutable]);
  mutable.operation = 'max';
  t.is(rules.regions[0]?.operation, 'sum');
  t.throws(() => ((rules.regions as MergeRegion[])[0] = mutable), { instanceOf: TypeError });
  t.throws(() => ((rules.regions[0] as MergeRegion).byteOffset = 9), { instanceOf: TypeError });
  t.is(rules.regions, rules.regions);
});

test('each property of a region is read once', (t) => {
  const read: string[] = [];
  const region = new Proxy(sum(0), {
    get: (target, key, receiver) => {
      read.push(String(key));
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  new MergeRules([region]);
  t.deepEqual(read.toSorted(), ['byteLength', 'byteOffset', 'count', 'operation', 'type']);
});

test('any iterable will do, but not one without an end', (t) => {
  const regions = function* (): Generator<MergeRegion> {
    for (let byteOffset = 0; ; byteOffset += 4) yield sum(byteOffset);
  };
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => new MergeRules(regions()));
  t.is(new MergeRules(new Set([sum(0), sum(4)])).regions.length, 2);
  const failing = function* (): Generator<MergeRegion> {
    throw new HostileError('mine');
  };
  t.throws(() => new MergeRules(failing()), { instanceOf: HostileError });
});

test('junk in every place is refused', (t) => {
  const good = sum(0);
  const rules = new MergeRules([good]);
  const calls: readonly (readonly [string, (value: never) => unknown])[] = [
    ['regions', (value) => new MergeRules(value)],
    ['a region', (value) => new MergeRules([value])],
    ['options', (value) => new MergeRules([good], value)],
    ['gap', (value) => new MergeRules([good], { gap: value })],
    ['maxByteLength', (value) => new MergeRules([good], { maxByteLength: value })],
    ['byteOffset', (value) => new MergeRules([{ ...good, byteOffset: value }])],
    ['count', (value) => new MergeRules([{ ...good, count: value }])],
    ['byteLength', (value) => new MergeRules([{ byteOffset: 0, byteLength: value, type: 'i8', operation: 'or' }])],
    ['type', (value) => new MergeRules([{ ...good, type: value }])],
    ['operation', (value) => new MergeRules([{ ...good, operation: value }])],
    ['equals', (value) => rules.equals(value)],
    ['fromJSON', (value) => MergeRules.fromJSON(value)],
    ['coverage from', (value) => rules.coverage(value, 1)],
    ['coverage length', (value) => rules.coverage(0, value)],
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
  t.deepEqual(rules.regions, [{ byteOffset: 0, byteLength: 4, type: 'i32', operation: 'sum' }]);
});

test('rules, printed', (t) => {
  const rules = new MergeRules([sum(4)], { maxByteLength: 100 });
  t.is(
    inspect(rules, { breakLength: Infinity }),
    "MergeRules { regions: [ { byteOffset: 4, byteLength: 4, type: 'i32', operation: 'sum' } ], gap: 'overwrite', maxByteLength: 100 }",
  );
  const many = new MergeRules(Array.from({ length: 100 }, (_, index) => sum(4 * index)));
  t.regex(inspect(many), /and 80 more/);
});
