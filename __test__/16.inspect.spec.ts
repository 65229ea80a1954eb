// What people see when they print an object.
import { format, inspect } from 'node:util';

import { MemoryView, Region, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';

test('a region', (t) => {
  const region = Region.allocate(10, { maxByteLength: 20 });
  t.is(inspect(region), 'Region { byteLength: 10, maxByteLength: 20 }');
  const named = Region.allocate(10, { name: "guest's heap" });
  t.is(inspect(named), `Region { name: "guest's heap", byteLength: 10, maxByteLength: 10 }`);
  named.dispose();
  t.is(inspect(named), 'Region (disposed)');
  region.dispose();
});

test('a region that others can have a part in', (t) => {
  const region = Region.allocate(10, { mappable: true });
  t.is(inspect(region), `Region { byteLength: 10, maxByteLength: 10, access: 'shared' }`);
  const file = Region.open(process.execPath, { byteLength: 10, name: 'engine' });
  t.is(
    inspect(file, { breakLength: Infinity }),
    `Region { name: 'engine', byteLength: 10, maxByteLength: 10, access: 'copy-on-write' }`,
  );
  for (const each of [region, file]) each.dispose();
});

test('a snapshot', (t) => {
  const snapshot = Snapshot.capture(new Uint8Array(10).fill(1));
  const { id } = snapshot;
  t.is(
    inspect(snapshot, { breakLength: Infinity }),
    `Snapshot { id: '${id}', version: 0, byteLength: 10, storedByteLength: ${PAGE} }`,
  );
  snapshot.dispose();
  t.is(inspect(snapshot), 'Snapshot (disposed)');
});

test('a view', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), { tracker: 'compare' });
  t.is(
    inspect(view, { breakLength: Infinity }),
    `MemoryView { byteLength: ${WASM_PAGE}, tracker: 'compare', baseline: undefined }`,
  );
  view.snapshot();
  t.regex(inspect(view), /baseline: Snapshot {/);
  view.baseline?.dispose();
  t.regex(inspect(view), /baseline: Snapshot \(disposed\)/);
  view.dispose();
  t.is(inspect(view), 'MemoryView (disposed)');
});

test('a view whose region is gone', (t) => {
  const region = Region.allocate(PAGE);
  const view = region.view();
  region.dispose();
  t.regex(inspect(view), /^MemoryView {/);
  t.regex(inspect(view), /its memory is gone/);
});

test('an instance snapshot', async (t) => {
  const { instance } = await guest();
  const captured = InstanceSnapshot.capture(instance);
  const text = inspect(captured);
  t.regex(text, /^InstanceSnapshot {/);
  t.regex(text, /mutableGlobals: 0/);
  t.regex(text, /tables: 0/);
  captured.dispose();
  t.is(inspect(captured), 'InstanceSnapshot (disposed)');
});

test('within other objects, deep, in colours, in messages', async (t) => {
  const { instance } = await guest();
  const captured = InstanceSnapshot.capture(instance);
  const region = Region.allocate(10);
  t.is(inspect({ region }), '{ region: Region { byteLength: 10, maxByteLength: 10 } }');
  t.is(inspect([region]), '[ Region { byteLength: 10, maxByteLength: 10 } ]');
  for (const depth of [-1, 0, 1, 2, 5, null, Infinity]) {
    for (const options of [
      { depth },
      { depth, colors: true },
      { depth, compact: false },
      { depth, showHidden: true },
    ]) {
      for (const each of [region, captured, captured.view, captured.snapshot]) {
        const text = inspect({ a: { b: each } }, options);
        t.true(text.length > 0 && !text.includes('native'));
        t.true(inspect(each, options).includes(each.constructor.name));
      }
    }
  }
  t.true(inspect(region, { colors: true }).includes('\u001B[33m10\u001B[39m'));
  t.is(format('%o', region).includes('Region'), true);
  t.true(`${String(region)}${JSON.stringify(region)}`.length > 0);
  captured.dispose();
  region.dispose();
});

test('printing neither shows contents nor changes anything', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  view.bytes.fill(170);
  view.snapshot();
  t.false(inspect(view, { depth: Infinity, showHidden: true }).includes('170'));
  t.is(view.dirty().pageCount, 0);
  view.dispose();
});

test('classes and prototypes can be printed', (t) => {
  for (const Class of [Region, MemoryView, Snapshot, InstanceSnapshot]) {
    t.true(inspect(Class).includes(Class.name));
    t.notThrows(() => inspect(Class.prototype), Class.name);
    t.notThrows(() => inspect(Object.create(Class.prototype)), Class.name);
  }
});
