// The state of an instance beside its memory: globals and tables.
import { MemoryView } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { compiled, guest, instantiated, WASM_PAGE } from './helpers/guest.ts';
import { refused } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';

const GLOBALS = `(module
  (memory (export "memory") 1 4)
  (global (export "i32") (mut i32) (i32.const -5))
  (global (export "i64") (mut i64) (i64.const 0x7fffffffffffffff))
  (global (export "f32") (mut f32) (f32.const 1.5))
  (global (export "f64") (mut f64) (f64.const nan))
  (global (export "zero") (mut f64) (f64.const -0))
  (global (export "any") (mut externref) (ref.null extern))
  (global (export "code") (mut funcref) (ref.func $one))
  (global (export "fixed") i32 (i32.const 42))
  (global (export "fixedAny") externref (ref.null extern))
  (global $hidden (mut i32) (i32.const 1))
  (func $one (export "one") (result i32) (i32.const 1))
  (func $two (export "two") (result i32) (i32.const 2))
  (func (export "spoil")
    (global.set 0 (i32.const 9)) (global.set 1 (i64.const 9)) (global.set 2 (f32.const 9)) (global.set 3 (f64.const 9))
    (global.set 4 (f64.const 0)) (global.set 6 (ref.func $two)) (global.set $hidden (i32.const 9))
    (i32.store8 (i32.const 3) (i32.const 9))))`;

test('mutable globals of every type are put back', async (t) => {
  const { exports } = await instantiated(GLOBALS);
  const { i32, i64, f32, f64, zero, any, code, fixed } = exports as Record<string, WebAssembly.Global>;
  const token = { a: 'host object' };
  if (!i32 || !i64 || !f32 || !f64 || !zero || !any || !code || !fixed) throw new Error('a global is missing');
  any.value = token;
  const captured = InstanceSnapshot.capture({ exports });
  const { spoil, one } = exports as Record<string, () => number>;
  for (let round = 0; round < 3; round++) {
    spoil?.();
    any.value = 'another';
    t.deepEqual([i32.value, i64.value, f64.value], [9, 9n, 9]);
    const report = captured.reset();
    t.is(report.globalsRestored, 7);
    t.is(i32.value, -5);
    t.is(i64.value, 2n ** 63n - 1n);
    t.is(f32.value, 1.5);
    t.is(f64.value, Number.NaN);
    t.is(zero.value, -0);
    t.is(any.value, token);
    t.is(code.value, one);
    t.is(fixed.value, 42);
    t.is(new Uint8Array(captured.memory.buffer)[3], 0);
  }
  t.is(captured.reset().globalsRestored, 0);
  captured.dispose();
});

test('a stack pointer in an exported global is put back after a trap', async (t) => {
  const { exports } = await instantiated(`(module
    (memory (export "memory") 1)
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
    (func (export "deeper") (param i32) (result i32)
      (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
      (i32.store (global.get $sp) (i32.const 7))
      (if (i32.eqz (local.get 0)) (then unreachable))
      (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
      (global.get $sp)))`);
  const { deeper } = exports as { deeper: (more: number) => number };
  const captured = InstanceSnapshot.capture({ exports });
  for (let round = 0; round < 5; round++) {
    t.throws(() => deeper(0), { instanceOf: WebAssembly.RuntimeError });
    const report = captured.reset();
    t.is(report.globalsRestored, 1);
    t.is(report.memory.pagesDirty, 1);
    t.is(deeper(1), 65_536);
    captured.reset();
  }
  captured.dispose();
});

const TABLES = `(module
  (memory (export "memory") 1)
  (table (export "functions") 4 20 funcref)
  (table (export "objects") 3 externref)
  (elem (i32.const 1) func $one)
  (type $number (func (result i32)))
  (func $one (export "one") (result i32) (i32.const 1))
  (func $two (export "two") (result i32) (i32.const 2))
  (func (export "call") (param i32) (result i32) (call_indirect (type $number) (local.get 0)))
  (func (export "swap") (table.set 0 (i32.const 1) (ref.func $two)) (table.set 0 (i32.const 3) (ref.func $two)))
  (func (export "grow") (result i32) (table.grow 0 (ref.func $two) (i32.const 2))))`;

interface WithTables {
  readonly functions: WebAssembly.Table;
  readonly objects: WebAssembly.Table;
  readonly one: () => number;
  readonly two: () => number;
  readonly call: (index: number) => number;
  readonly swap: () => void;
  readonly grow: () => number;
}

test('tables of functions and of objects are put back', async (t) => {
  const { exports } = await instantiated(TABLES);
  const { functions, objects, one, call, swap } = exports as unknown as WithTables;
  objects.set(1, 'kept');
  const captured = InstanceSnapshot.capture({ exports });
  for (let round = 0; round < 3; round++) {
    swap();
    objects.set(0, {});
    objects.set(1, undefined);
    t.deepEqual([call(1), call(3)], [2, 2]);
    const report = captured.reset();
    t.is(report.tableEntriesRestored, 4);
    t.deepEqual(report.tablesGrown, []);
    t.false(report.rebuildRequired);
    t.is(call(1), 1);
    t.is(functions.get(1), one);
    t.is(functions.get(3), null);
    t.is(objects.get(1), 'kept');
    t.throws(() => call(3), { instanceOf: WebAssembly.RuntimeError });
  }
  t.is(captured.reset().tableEntriesRestored, 0);
  captured.dispose();
});

test('a table that has grown keeps nothing of the request, and is named', async (t) => {
  const { exports } = await instantiated(TABLES);
  const { functions, grow, call } = exports as unknown as WithTables;
  const captured = InstanceSnapshot.capture({ exports });
  t.is(grow(), 4);
  t.is(call(5), 2);
  const report = captured.reset();
  t.deepEqual(report.tablesGrown, ['functions']);
  t.true(report.rebuildRequired);
  t.is(report.tableEntriesRestored, 2);
  t.is(functions.length, 6);
  t.is(functions.get(4), null);
  t.is(functions.get(5), null);
  t.deepEqual(captured.reset().tablesGrown, ['functions'], 'it cannot shrink');
  captured.dispose();
});

test("with tables: 'length' entries are left alone and growth is named", async (t) => {
  const { exports } = await instantiated(TABLES);
  const { call, swap, grow } = exports as unknown as WithTables;
  const captured = InstanceSnapshot.capture({ exports }, { tables: 'length' });
  swap();
  grow();
  const report = captured.reset();
  t.is(report.tableEntriesRestored, 0);
  t.deepEqual(report.tablesGrown, ['functions']);
  t.true(report.rebuildRequired);
  t.is(call(1), 2);
  captured.dispose();
});

test('an instance that imports its memory', async (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const text = `(module (import "host" "memory" (memory 1 3))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))`;
  const instance = await instantiated(text, { host: { memory } });
  t.regex(refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture(instance)).message, /options\.memory/);
  const captured = InstanceSnapshot.capture(instance, { memory });
  t.is(captured.memory, memory);
  (instance.exports as { store: (at: number, byte: number) => void }).store(7, 7);
  captured.reset();
  t.is(new Uint8Array(memory.buffer)[7], 0);
  captured.dispose();
});

test('what cannot be put back is refused, and nothing was adopted', async (t) => {
  const one = new WebAssembly.Memory({ initial: 1 });
  const other = new WebAssembly.Memory({ initial: 1 });
  refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture({ exports: {} }));
  refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture({ exports: { one, other } }));
  for (const memory of [one, other]) MemoryView.adopt(memory).dispose();
  // The same memory under two names is one.
  InstanceSnapshot.capture({ exports: { one, again: one } }).dispose();
  // Of several the caller can name one.
  const named = InstanceSnapshot.capture({ exports: { one, other } }, { memory: other });
  t.is(named.memory, other);
  named.dispose();

  const busy = MemoryView.adopt(one);
  refused(t, 'ERR_PAGEFOLD_BUSY', () => InstanceSnapshot.capture({ exports: { one } }));
  busy.dispose();
});

test('a global of a vector type is refused', async (t) => {
  const text = `(module (memory (export "memory") 1)
    (global (export "vector") (mut v128) (v128.const i32x4 1 2 3 4)))`;
  const instance = await instantiated(text);
  const { message } = refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture(instance));
  t.regex(message, /'vector'/);
  MemoryView.adopt(instance.exports['memory'] as WebAssembly.Memory).dispose();
});

test('a shared memory is refused', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  refused(t, 'ERR_PAGEFOLD_SHARED_MEMORY', () => InstanceSnapshot.capture({ exports: { memory } }));
  refused(t, 'ERR_PAGEFOLD_SHARED_MEMORY', () => MemoryView.adopt(memory));
});

test('a memory with 64-bit addresses is refused', (t) => {
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ address: 'i64', initial: 1n } as unknown as WebAssembly.MemoryDescriptor);
  } catch (error) {
    return skip(t, 'memory64', `the engine makes none: ${String(error)}`);
  }
  refused(t, 'ERR_PAGEFOLD_MEMORY64', () => MemoryView.adopt(memory));
  refused(t, 'ERR_PAGEFOLD_MEMORY64', () => InstanceSnapshot.capture({ exports: { memory } }));
  t.is(memory.buffer.byteLength, WASM_PAGE);
});

test('an instance with several memories is refused', async (t) => {
  // (module (memory (export "a") 1) (memory (export "b") 1)), which wabt cannot write.
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, 5, 2, 0, 1, 0, 1, 7, 9, 2, 1, 97, 2, 0, 1, 98, 2, 1);
  if (!WebAssembly.validate(bytes)) return skip(t, 'multi-memory', 'the engine refuses such a module');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  refused(t, 'ERR_PAGEFOLD_UNRESTORABLE', () => InstanceSnapshot.capture(instance));
});

test('a guest is called again and again', async (t) => {
  const text = `(module (memory (export "memory") 1 50)
    (global $count (export "count") (mut i32) (i32.const 0))
    (func (export "handle") (param i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (drop (memory.grow (i32.const 0)))
      (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))
      (i32.add (global.get $count) (i32.load (local.get 0)))))`;
  const instance = new WebAssembly.Instance(await compiled(text));
  const { handle } = instance.exports as { handle: (address: number) => number };
  const captured = InstanceSnapshot.capture(instance);
  for (let request = 0; request < 500; request++) {
    if (handle(request * 100) !== 2) t.fail(`request ${request} finds what another one left`);
    captured.reset();
  }
  t.is(handle(0) + handle(0), 2 + 4);
  captured.dispose();
});

test('its parts are the ones it was made of', async (t) => {
  const { instance, memory } = await guest();
  const captured = InstanceSnapshot.capture(instance, { tracker: 'compare' });
  t.is(captured.memory, memory);
  t.is(captured.view.tracker, 'compare');
  t.is(captured.view.baseline, captured.snapshot);
  t.is(captured.snapshot.byteLength, memory.buffer.byteLength);
  t.false(captured.disposed);
  captured.dispose();
});
