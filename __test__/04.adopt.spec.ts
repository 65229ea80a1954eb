// Adopting memories of WebAssembly.
import { runInNewContext } from 'node:vm';

import { MemoryView, Region } from 'pagefold';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';

test('adopting changes nothing of a memory', async (t) => {
  const { memory, load, store } = await guest();
  paint(new Uint8Array(memory.buffer));
  const before = Uint8Array.from(new Uint8Array(memory.buffer));
  const { buffer } = memory;
  const view = MemoryView.adopt(memory);
  t.is(memory.buffer, buffer);
  t.is(view.bytes.buffer, buffer);
  t.is(view.byteLength, 4 * WASM_PAGE);
  t.is(view.baseline, undefined);
  t.false(view.disposed);
  t.true(equalBytes(view.bytes, before));
  view.snapshot();
  t.is(memory.buffer, buffer, 'the engine keeps its buffer');
  t.true(equalBytes(view.bytes, before));
  store(3, 9);
  t.is(view.bytes[3], 9);
  t.is(load(3), 9);
  view.dispose();
  t.is(load(3), 9);
});

test('bytes are the same array as long as the memory is', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const view = MemoryView.adopt(memory);
  t.is(view.bytes, view.bytes);
  const before = view.bytes;
  memory.grow(1);
  t.not(view.bytes, before);
  t.is(view.bytes, view.bytes);
  view.dispose();
});

test('a memory is adopted once at a time', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = MemoryView.adopt(memory);
  view.snapshot();
  refused(t, 'ERR_PAGEFOLD_BUSY', () => MemoryView.adopt(memory));
  view.bytes[0] = 1;
  t.is(view.dirty().pageCount, 1);
  view.dispose();
  const next = MemoryView.adopt(memory);
  refused(t, 'ERR_PAGEFOLD_BUSY', () => MemoryView.adopt(memory));
  next.dispose();
});

test('an empty memory is refused until it has grown', (t) => {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: 2 });
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => MemoryView.adopt(memory));
  memory.grow(1);
  const view = MemoryView.adopt(memory);
  view.snapshot();
  view.dispose();
});

test('what is no memory is refused', (t) => {
  for (const value of [undefined, null, {}, 1, new ArrayBuffer(WASM_PAGE), Region.allocate(PAGE), WebAssembly.Memory]) {
    refused(t, 'ERR_PAGEFOLD_NOT_WASM_MEMORY', () => MemoryView.adopt(value as WebAssembly.Memory));
  }
});

test('a memory of another realm is one', (t) => {
  if ('bun' in process.versions) return skip(t, 'memory of another realm', 'Bun runs no WebAssembly in other contexts');
  const memory = runInNewContext('new WebAssembly.Memory({ initial: 1 })') as WebAssembly.Memory;
  t.false(memory instanceof WebAssembly.Memory);
  const view = MemoryView.adopt(memory);
  view.snapshot();
  view.bytes[5] = 5;
  t.is(view.dirty().pageCount, 1);
  view.reset();
  t.is(view.bytes[5], 0);
  view.dispose();
});

test('a refused option leaves the memory free', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => MemoryView.adopt(memory, { tracker: 'best' as 'auto' }));
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => MemoryView.adopt(memory, null as unknown as object));
  MemoryView.adopt(memory, { tracker: undefined }).dispose();
});

test('many memories at once', (t) => {
  const views = Array.from({ length: 200 }, () => MemoryView.adopt(new WebAssembly.Memory({ initial: 1, maximum: 2 })));
  for (const [index, view] of views.entries()) {
    view.bytes[index] = 1;
    view.snapshot();
    view.bytes.fill(2, PAGE);
  }
  for (const [index, view] of views.entries()) {
    view.reset();
    t.deepEqual([view.bytes[index], view.bytes[PAGE], view.bytes[WASM_PAGE - 1]], [1, 0, 0]);
    view.dispose();
  }
});

test('out of bounds is out of bounds still', async (t) => {
  const { memory, load, store } = await guest({ pages: 1 });
  const view = MemoryView.adopt(memory);
  view.snapshot();
  for (const address of [WASM_PAGE, 2 ** 20, -1]) {
    t.throws(() => load(address), { instanceOf: WebAssembly.RuntimeError });
    t.throws(() => store(address, 1), { instanceOf: WebAssembly.RuntimeError });
  }
  t.is(view.dirty().pageCount, 0);
  view.dispose();
});
