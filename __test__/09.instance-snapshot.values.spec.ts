// Every kind of global and table, and the ways in which they come to be exports.
import { createContext, runInContext } from 'node:vm';

import { InstanceSnapshot } from 'pagefold/wasm';

import test, { type ExecutionContext } from '#test';

import { compiled, instantiated } from './helpers/guest.ts';
import { refused } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';

const memory = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1 });

/** What JavaScript can put into a global or table of references. */
const REFERENCES: readonly unknown[] = [null, undefined, Number.NaN, -0, 0, 1n, '', Symbol('host'), {}, () => {}];

const NUMBERS: Readonly<Record<string, readonly (number | bigint)[]>> = {
  i32: [0, -1, 2 ** 31 - 1, -(2 ** 31)],
  i64: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  f32: [0, -0, 1.5, Infinity, -Infinity, Number.NaN, 2 ** -149],
  f64: [0, -0, 0.1, Infinity, -Infinity, Number.NaN, Number.MIN_VALUE, 2 ** 53 + 2],
};

for (const [type, values] of Object.entries(NUMBERS)) {
  test(`${type}: each value comes back after each other one`, (t) => {
    eachAfterEachOther(t, type as WebAssembly.ValueType, values);
  });
}

test('externref: each value comes back after each other one', (t) => {
  eachAfterEachOther(t, 'externref', REFERENCES);
});

test('funcref: each value comes back after each other one', async (t) => {
  const { exports } = await instantiated('(module (func (export "one")) (func (export "two")))');
  eachAfterEachOther(t, 'anyfunc', [null, exports['one'], exports['two']]);
});

function eachAfterEachOther(t: ExecutionContext, type: WebAssembly.ValueType, values: readonly unknown[]): void {
  const global = new WebAssembly.Global({ value: type, mutable: true }, values[0] as never);
  for (const value of values) {
    global.value = value as never;
    const captured = InstanceSnapshot.capture({ exports: { memory: memory(), global } });
    t.is(global.value, value, 'capturing changes nothing');
    for (const other of values) {
      global.value = other as never;
      t.is(captured.reset().globalsRestored, Object.is(value, other) ? 0 : 1);
      t.is(global.value, value, `${String(value)} after ${String(other)}`);
    }
    captured.dispose();
  }
}

const NANS = `(module
  (memory (export "memory") 1)
  (global $f32 (export "f32") (mut f32) (f32.const 0))
  (global $f64 (export "f64") (mut f64) (f64.const 0))
  (func (export "set") (param i32 i64)
    (global.set $f32 (f32.reinterpret_i32 (local.get 0)))
    (global.set $f64 (f64.reinterpret_i64 (local.get 1))))
  (func (export "f32Bits") (result i32) (i32.reinterpret_f32 (global.get $f32)))
  (func (export "f64Bits") (result i64) (i64.reinterpret_f64 (global.get $f64))))`;

interface WithNans {
  readonly set: (f32: number, f64: bigint) => void;
  readonly f32Bits: () => number;
  readonly f64Bits: () => bigint;
}

test('the bits of a NaN: untouched by the capture, and a NaN after the reset', async (t) => {
  const { exports } = await instantiated(NANS);
  const { set, f32Bits, f64Bits } = exports as unknown as WithNans;
  for (const [f32, f64] of [
    [0x7fc0_0000, 0x7ff8_0000_0000_0000n],
    [0x7fa0_0123, 0x7ff4_0000_0000_0123n],
    [0x7f80_0001, 0x7ff0_0000_0000_0001n],
  ] as const) {
    set(f32, f64);
    const captured = InstanceSnapshot.capture({ exports });
    t.deepEqual([f32Bits(), f64Bits()], [f32, f64], 'captured');
    t.is(captured.reset().globalsRestored, 0);
    t.deepEqual([f32Bits(), f64Bits()], [f32, f64], 'not written to when nothing has changed');
    set(0, 0n);
    t.is(captured.reset().globalsRestored, 2);
    const [back32, back64] = [f32Bits() & 0x7fff_ffff, f64Bits() & 0x7fff_ffff_ffff_ffffn];
    t.true(back32 > 0x7f80_0000 && back64 > 0x7ff0_0000_0000_0000n, 'a NaN, be it with other bits');
    if (back32 !== f32 || back64 !== f64) t.log(`${f32.toString(16)} came back as ${back32.toString(16)}`);
    captured.dispose();
  }
});

test('immutable globals are left alone, whatever they hold', async (t) => {
  const { exports } = await instantiated(`(module
    (memory (export "memory") 1)
    (global (export "i32") i32 (i32.const 1))
    (global (export "i64") i64 (i64.const 1))
    (global (export "nan") f64 (f64.const nan))
    (global (export "nan32") f32 (f32.const nan))
    (global (export "code") funcref (ref.func $f))
    (global (export "any") externref (ref.null extern))
    (func $f (export "f")))`);
  const values = new WebAssembly.Global({ value: 'externref', mutable: false }, Number.NaN);
  const captured = InstanceSnapshot.capture({ exports: { ...exports, values } });
  t.is(captured.reset().globalsRestored, 0);
  t.is(values.value, Number.NaN);
  captured.dispose();
});

const IMPORTING = `(module
  (import "host" "number" (global $number (mut i32)))
  (import "host" "table" (table $table 2 10 funcref))
  (memory (export "memory") 1)
  (export "number" (global $number))
  (export "also number" (global $number))
  (export "table" (table $table))
  (export "also table" (table $table))
  (func $one (export "one") (result i32) (i32.const 1))
  (func (export "change")
    (global.set $number (i32.const 9)) (table.set $table (i32.const 0) (ref.func $one)))
  (func (export "grow") (result i32) (table.grow $table (ref.func $one) (i32.const 2))))`;

test('imported globals and tables that are exported again, twice', async (t) => {
  const number = new WebAssembly.Global({ value: 'i32', mutable: true }, 5);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 10 });
  const { exports } = await instantiated(IMPORTING, { host: { number, table } });
  const { change, grow } = exports as { change: () => void; grow: () => number };
  const captured = InstanceSnapshot.capture({ exports });
  change();
  const report = captured.reset();
  t.deepEqual([report.globalsRestored, report.tableEntriesRestored, report.rebuildRequired], [1, 1, false]);
  t.deepEqual([number.value, table.get(0)], [5, null]);
  grow();
  t.deepEqual(captured.reset().tablesGrown, ['table'], 'one table, named once');
  captured.dispose();
});

test('two instances that share a global and a table', async (t) => {
  const number = new WebAssembly.Global({ value: 'i32', mutable: true }, 5);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 2, maximum: 10 });
  const module = await compiled(IMPORTING);
  const [one, other] = [1, 2].map(() => new WebAssembly.Instance(module, { host: { number, table } }).exports);
  if (one === undefined || other === undefined) throw new Error('there are two');
  table.set(1, other['one']);
  const captured = InstanceSnapshot.capture({ exports: one });
  (other as { change: () => void }).change();
  table.set(1, null);
  captured.reset();
  t.deepEqual([number.value, table.get(0), table.get(1)], [5, null, other['one']]);
  captured.dispose();
});

test('a table of objects: each value comes back after each other one', (t) => {
  const objects = new WebAssembly.Table({ element: 'externref', initial: REFERENCES.length, maximum: 50 });
  for (const [index, value] of REFERENCES.entries()) objects.set(index, value);
  const captured = InstanceSnapshot.capture({ exports: { memory: memory(), objects } });
  t.is(captured.reset().tableEntriesRestored, 0);
  for (const other of REFERENCES) {
    for (const index of REFERENCES.keys()) objects.set(index, other);
    t.is(captured.reset().tableEntriesRestored, REFERENCES.length - 1);
    for (const [index, value] of REFERENCES.entries()) t.is(objects.get(index), value);
  }
  objects.grow(3, 'left by a request');
  const report = captured.reset();
  t.deepEqual([report.tableEntriesRestored, report.rebuildRequired, report.tablesGrown], [3, true, ['objects']]);
  t.deepEqual(
    [0, 1, 2].map((index) => objects.get(REFERENCES.length + index)),
    [null, null, null],
  );
  t.deepEqual([captured.reset().tableEntriesRestored, captured.reset().rebuildRequired], [0, true]);
  captured.dispose();
});

test('an empty table, and one that grows from empty', (t) => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0, maximum: 3 });
  const captured = InstanceSnapshot.capture({ exports: { memory: memory(), table } });
  t.false(captured.reset().rebuildRequired);
  table.grow(2);
  t.true(captured.reset().rebuildRequired);
  captured.dispose();
});

test('a table whose entries cannot be null', (t) => {
  // (module (type (func)) (func (type 0)) (table 1 10 (ref func) (ref.func 0)) (memory 1) (export …)): not for wabt.
  const sections = [
    '0061736d01000000', // magic, version
    '01040160000003020100', // type, function
    '040b014000647001010ad2000b', // table
    '0503010001', // memory
    '070d0301740100016d020001660000', // exports t, m, f
    '0a040102000b', // code
  ];
  const bytes = Buffer.from(sections.join(''), 'hex');
  if (!WebAssembly.validate(bytes)) return skip(t, 'typed function references', 'the engine refuses such a module');
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { t: table, f } = exports as unknown as { t: WebAssembly.Table; f: () => void };
  const captured = InstanceSnapshot.capture({ exports });
  table.grow(1, f);
  const report = captured.reset();
  t.deepEqual([report.tableEntriesRestored, report.rebuildRequired], [0, true]);
  t.is(table.get(1), f);
  captured.dispose();
});

test('an instance of another realm', async (t) => {
  const module = await compiled(`(module
    (memory (export "memory") 1)
    (global $g (export "global") (mut i32) (i32.const 1))
    (table (export "table") 1 funcref)
    (func $f (export "spoil")
      (global.set $g (i32.const 9)) (table.set 0 (i32.const 0) (ref.func $f)) (i32.store8 (i32.const 7) (i32.const 9))))`);
  const realm = createContext({ module });
  const exports = runInContext('new WebAssembly.Instance(module).exports', realm) as WebAssembly.Exports;
  const captured = InstanceSnapshot.capture({ exports });
  (exports as { spoil: () => void }).spoil();
  const report = captured.reset();
  t.deepEqual([report.globalsRestored, report.tableEntriesRestored, report.memory.pagesDirty], [1, 1, 1]);
  captured.dispose();
});

test('what only calls itself a global or table is refused', (t) => {
  for (const tag of ['WebAssembly.Global', 'WebAssembly.Table', 'WebAssembly.Memory']) {
    const forged = { [Symbol.toStringTag]: tag } as unknown as WebAssembly.ExportValue;
    refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture({ exports: { memory: memory(), forged } }));
  }
});
