// Objects after their dispose().
import { join } from 'node:path';

import { MemoryView, Region, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';
import { refused, rejected } from './helpers/refusal.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

test('a disposed region', (t) => {
  const region = Region.allocate(PAGE, { name: 'gone' });
  region.bytes[0] = 1;
  const held = region.bytes;
  for (let round = 0; round < 3; round++) t.is(region.dispose(), undefined);
  region[Symbol.dispose]();
  t.true(region.disposed);
  t.is(held.length, 0);
  t.is(held[0], undefined);
  held[0] = 7;
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => region.bytes);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => region.view());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => region.grow(2 * PAGE));
  t.is(region.name, 'gone');
});

test('a region disposed before its buffer was ever made', (t) => {
  const region = Region.allocate(PAGE);
  region.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => region.bytes);
});

test('a view whose region is disposed', (t) => {
  const region = Region.allocate(4 * PAGE);
  const view = region.view(PAGE);
  const snapshot = view.snapshot();
  const held = view.bytes;
  view.bytes[0] = 1;
  region.dispose();
  t.is(held.length, 0);
  t.false(view.disposed);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.bytes);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.byteLength);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.reset());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.dirty());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.snapshot());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.diff());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.reset({ keepIgnored: true }));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.restore(snapshot));
  view.dispose();
  view.dispose();
  t.true(view.disposed);
  t.is(snapshot.read(0, 1)[0], 0);
});

test('a disposed view', (t) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot();
  view.bytes[5] = 55;
  for (let round = 0; round < 3; round++) t.is(view.dispose(), undefined);
  view[Symbol.dispose]();
  t.true(view.disposed);
  t.is(view.baseline, undefined);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.bytes);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.byteLength);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.rejected);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.reset());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.dirty());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.snapshot());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.diff());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.reset({ keepIgnored: true }));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.restore(snapshot));
  // The memory lives on: contents, growth, another view.
  t.is(new Uint8Array(memory.buffer)[5], 55);
  memory.grow(1);
  t.is(new Uint8Array(memory.buffer)[5], 55);
  const next = MemoryView.adopt(memory);
  next.restore(snapshot);
  t.deepEqual([next.bytes[5], next.byteLength], [0, 2 * WASM_PAGE]);
  next.dispose();
});

test('a disposed snapshot', async (t) => {
  const path = join(temporaryFolder(t), 'snapshot');
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  const snapshot = Snapshot.capture(new Uint8Array(10).fill(3));
  const { id } = snapshot;
  for (let round = 0; round < 3; round++) t.is(snapshot.dispose(), undefined);
  snapshot[Symbol.dispose]();
  t.true(snapshot.disposed);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => snapshot.read(0, 1));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => snapshot.read(0, 0));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => snapshot.save(path));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.restore(snapshot));
  await rejected(t, 'ERR_PAGEFOLD_DISPOSED', snapshot.saveAsync(path));
  t.deepEqual([snapshot.id, snapshot.version, snapshot.byteLength], [id, 0, 10]);
  t.is(view.baseline, undefined);
  view.dispose();
});

test('a disposed instance snapshot', async (t) => {
  const { instance, store, load } = await guest();
  const captured = InstanceSnapshot.capture(instance);
  store(9, 9);
  for (let round = 0; round < 3; round++) t.is(captured.dispose(), undefined);
  captured[Symbol.dispose]();
  t.true(captured.disposed);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => captured.reset());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => captured.view.reset());
  t.is(load(9), 9);
  const again = InstanceSnapshot.capture(instance);
  store(9, 10);
  again.reset();
  t.is(load(9), 9);
  again.dispose();
});

test('an instance snapshot whose view or snapshot is disposed by itself', async (t) => {
  const { instance, store, load } = await guest();
  const captured = InstanceSnapshot.capture(instance);
  captured.snapshot.dispose();
  store(1, 1);
  captured.reset();
  t.is(load(1), 0);
  captured.view.dispose();
  t.true(captured.disposed);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => captured.reset());
  captured.dispose();
});

test('using, as the language does it', (t) => {
  const region = Region.allocate(PAGE);
  const snapshot = Snapshot.capture(region.bytes);
  const view = region.view();
  const stack: Disposable[] = [region, view, snapshot];
  for (const each of stack.toReversed()) each[Symbol.dispose]();
  t.true(region.disposed && view.disposed && snapshot.disposed);
});
