// Everything that can be frozen is frozen, as in hardened environments; and then pagefold is used.
import assert from 'node:assert/strict';

import { doctor, MemoryView, MergeRules, PagefoldError, Region, Snapshot, SnapshotDiff } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import { guest } from '../helpers/guest.ts';
import { PAGE } from '../helpers/pages.ts';

const made = await guest();
const roots = [Object, Array, Function, Error, Map, Set, WeakMap, Promise, ArrayBuffer, Uint8Array, Float64Array];
const own = [Region, MemoryView, MergeRules, Snapshot, SnapshotDiff, InstanceSnapshot, PagefoldError];
const engine = [WebAssembly, WebAssembly.Memory, WebAssembly.Table, WebAssembly.Global, WebAssembly.Instance];
for (const each of [...roots, ...own, ...engine]) {
  Object.freeze(each);
  if ('prototype' in each) Object.freeze(each.prototype);
}
Object.freeze(made.instance);
Object.freeze(made.memory);

const captured = InstanceSnapshot.capture(made.instance);
made.store(1, 1);
captured.reset();
assert.equal(made.load(1), 0);
Object.freeze(captured.view);
Object.freeze(captured.snapshot);
Object.freeze(captured);
made.store(1, 1);
captured.reset();
assert.equal(made.load(1), 0);
captured.dispose();

const region = Object.freeze(Region.allocate(PAGE));
const view = Object.freeze(region.view());
const snapshot = Object.freeze(view.snapshot());
region.bytes[0] = 1;
view.reset();
assert.equal(region.bytes[0], 0);
region.bytes[0] = 1;
const diff = view.diff();
Object.freeze(diff);
snapshot.queue(diff);
assert.equal(snapshot.sync().diffs, 1);
Object.freeze(snapshot.rules);
view.reset();
assert.equal(region.bytes[0], 1);
assert.throws(() => region.grow(0), PagefoldError);
assert.throws(() => Region.allocate(2 ** 52), PagefoldError);
for (const each of [view, snapshot, region]) each.dispose();
assert.throws(() => snapshot.read(0, 1), { code: 'ERR_PAGEFOLD_DISPOSED' });
assert.ok(doctor().supported);

console.log(JSON.stringify({ checks: 1 }));
