// Every parameter of every method, given values that it is not made for.
import { join } from 'node:path';

import { MemoryView, PagefoldError, Region, Snapshot, SnapshotDiff } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test, { type ExecutionContext } from '#test';

import { guest, WASM_PAGE } from './helpers/guest.ts';
import { ERROR_CODES } from './helpers/error-codes.ts';
import { HostileError, NOT_BYTES, NOT_OBJECTS } from './helpers/junk.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

/** Objects that are in use while the calls are made, and must be as they were afterwards. */
async function fixture(t: ExecutionContext) {
  const made = await guest();
  const view = MemoryView.adopt(made.memory);
  paint(view.bytes);
  const snapshot = view.snapshot();
  view.bytes[7] = ~(view.bytes[7] ?? 0);
  const diff = view.diff();
  const region = Region.allocate(3 * PAGE, { maxByteLength: 8 * PAGE });
  paint(region.bytes);
  const other = await guest();
  const [before, regionBefore] = [Uint8Array.from(view.bytes), Uint8Array.from(region.bytes)];
  const check = (): void => {
    t.true(equalBytes(view.bytes, before));
    t.is(view.baseline, snapshot);
    t.is(view.dirty().pageCount, 1);
    t.true(equalBytes(region.bytes, regionBefore));
    t.is(region.maxByteLength, 8 * PAGE);
    const free = region.view();
    const adopted = MemoryView.adopt(other.memory);
    t.deepEqual([snapshot.version, snapshot.revision, snapshot.queued], [0, 0, 0]);
    for (const each of [free, adopted, view, snapshot, region, diff]) each.dispose();
  };
  const path = join(temporaryFolder(t), 'snapshot');
  return { view, snapshot, diff, region, other, path, check };
}

type Fixture = Awaited<ReturnType<typeof fixture>>;
type Entry = readonly [name: string, call: (on: Fixture, value: never) => unknown];

const BYTES: readonly Entry[] = [
  ['Region.allocate', (_, value) => Region.allocate(value)],
  ['region.grow', ({ region }, value) => region.grow(value)],
  ['snapshot.read from', ({ snapshot }, value) => snapshot.read(value, 1)],
  ['snapshot.read length', ({ snapshot }, value) => snapshot.read(0, value)],
  ['snapshot.truncate', ({ snapshot }, value) => snapshot.fork().truncate(value)],
  ['snapshot.changes', ({ snapshot }, value) => snapshot.changes(value)],
  ['snapshot.write at', ({ snapshot }, value) => snapshot.fork().write(new Uint8Array(1), value)],
  ['snapshot.discard', ({ snapshot }, value) => snapshot.discard({ origin: value, sequence: value })],
  ['snapshot.queue origin', ({ snapshot, diff }, value) => snapshot.fork().queue(diff, { origin: value })],
  ['options.gap of view.diff', ({ view }, value) => view.diff({ gap: value })],
  ['options.origin of view.diff', ({ view }, value) => view.diff({ origin: value })],
  ['options.sequence of view.diff', ({ view }, value) => view.diff({ sequence: value })],
  ['options.maxByteLength of capture', (_, value) => Snapshot.capture(new Uint8Array(9), { maxByteLength: value })],
  ['options.maxByteLength', (_, value) => Region.allocate(PAGE, { maxByteLength: value })],
  ['region.view from', ({ region }, value) => region.view(value)],
  ['region.view length', ({ region }, value) => region.view(0, value)],
];

const OBJECTS: readonly Entry[] = [
  ['MemoryView.adopt', (_, value) => MemoryView.adopt(value)],
  ['view.restore', ({ view }, value) => view.restore(value)],
  ['Snapshot.capture', (_, value) => Snapshot.capture(value)],
  ['Snapshot.attach', (_, value) => Snapshot.attach(value)],
  ['view.apply', ({ view }, value) => view.apply(value)],
  ['snapshot.queue', ({ snapshot }, value) => snapshot.queue(value)],
  ['snapshot.diff', ({ snapshot }, value) => snapshot.diff(value)],
  ['snapshot.setRules', ({ snapshot }, value) => snapshot.setRules(value)],
  ['snapshot.write', ({ snapshot }, value) => snapshot.write(value, 0)],
  ['new SnapshotDiff', (_, value) => Reflect.construct(SnapshotDiff, [value, value])],
  ['InstanceSnapshot.capture', (_, value) => InstanceSnapshot.capture(value)],
  ['new Region', (_, value) => Reflect.construct(Region, [value, PAGE, PAGE, ''])],
  ['new MemoryView', (_, value) => Reflect.construct(MemoryView, [value, value, value])],
  ['new Snapshot', (_, value) => Reflect.construct(Snapshot, [value, value])],
  ['new InstanceSnapshot', (_, value) => Reflect.construct(InstanceSnapshot, [value, value, value, value, value])],
];

/** Parameters for which some of the junk is fine, such as a date as an object without options. */
const LENIENT: readonly Entry[] = [
  ['options of Region.allocate', (_, value) => Region.allocate(PAGE, value)],
  ['options.name', (_, value) => Region.allocate(PAGE, { name: value })],
  ['options of region.view', ({ region }, value) => region.view(0, undefined, value)],
  ['options.tracker of region.view', ({ region }, value) => region.view(0, PAGE, { tracker: value })],
  ['options of MemoryView.adopt', ({ other }, value) => MemoryView.adopt(other.memory, value)],
  ['options.tracker', ({ other }, value) => MemoryView.adopt(other.memory, { tracker: value })],
  ['Snapshot.open', (_, value) => Snapshot.open(value)],
  ['Snapshot.openAsync', (_, value) => Snapshot.openAsync(value)],
  ['snapshot.save', ({ snapshot, path }, value) => snapshot.save(typeof value === 'string' ? path : value)],
  ['snapshot.saveAsync', ({ snapshot, path }, value) => snapshot.saveAsync(typeof value === 'string' ? path : value)],
  ['Snapshot.compact', (_, value) => Snapshot.compact(value)],
  ['Snapshot.compactAsync', (_, value) => Snapshot.compactAsync(value)],
  ['options of save', ({ snapshot, path }, value) => snapshot.save(path, value)],
  ['options.base of save', ({ snapshot, path }, value) => snapshot.save(path, { base: value })],
  ['options.base of saveAsync', ({ snapshot, path }, value) => snapshot.saveAsync(path, { base: value })],
  ['options of view.diff', ({ view }, value) => view.diff(value)],
  ['options.originals of view.diff', ({ view }, value) => view.diff({ originals: value })],
  ['options of snapshot.diff', ({ snapshot }, value) => snapshot.diff(snapshot, value)],
  ['options of snapshot.queue', ({ snapshot, diff }, value) => snapshot.fork().queue(diff, value)],
  ['options of capture', (_, value) => Snapshot.capture(new Uint8Array(9), value)],
  ['options.rules of capture', (_, value) => Snapshot.capture(new Uint8Array(9), { rules: value })],
  ['snapshot.discard', ({ snapshot }, value) => snapshot.discard(value)],
  ['options of openAsync', ({ path }, value) => Snapshot.openAsync(path, value)],
  ['options of saveAsync', ({ snapshot, path }, value) => snapshot.saveAsync(path, value)],
  ['options.signal of openAsync', ({ path }, value) => Snapshot.openAsync(path, { signal: value })],
  ['options.signal of saveAsync', ({ snapshot, path }, value) => snapshot.saveAsync(path, { signal: value })],
  ['options of InstanceSnapshot.capture', ({ other }, value) => InstanceSnapshot.capture(other.instance, value)],
  ['options.memory', ({ other }, value) => InstanceSnapshot.capture(other.instance, { memory: value })],
  ['options.tables', ({ other }, value) => InstanceSnapshot.capture(other.instance, { tables: value })],
  ['exports', (_, value) => InstanceSnapshot.capture({ exports: value })],
];

for (const [title, entries, values, mayWork] of [
  ['no number of bytes is taken for one', BYTES, NOT_BYTES, false],
  ['no other object is taken for one of pagefold', OBJECTS, NOT_OBJECTS, false],
  ['options and paths of any kind are taken or refused', LENIENT, NOT_OBJECTS, true],
] as const) {
  test(title, async (t) => {
    const on = await fixture(t);
    let refusals = 0;
    for (const [name, call] of entries) {
      for (const [what, value] of values) {
        try {
          const made = await call(on, value as never);
          if (!mayWork) t.fail(`${name} took ${what}`);
          dispose(made);
        } catch (error) {
          if (!isRefusal(error)) throw new Error(`${name} with ${what}: not a PagefoldError`, { cause: error });
          refusals++;
        }
      }
    }
    t.true(refusals > values.length);
    on.check();
  });
}

test('impossible lengths that are whole numbers are refused', async (t) => {
  const on = await fixture(t);
  const lengths = [
    0,
    1,
    PAGE - 1,
    PAGE,
    PAGE + 1,
    2 ** 31,
    2 ** 32,
    2 ** 40,
    2 ** 47,
    2 ** 52,
    Number.MAX_SAFE_INTEGER,
  ];
  for (const [name, call] of BYTES) {
    for (const length of lengths) {
      for (const value of [length, -length]) {
        if (name === 'region.grow') continue;
        try {
          dispose(call(on, value as never));
        } catch (error) {
          if (!isRefusal(error)) throw new Error(`${name}(${value}): not a PagefoldError`, { cause: error });
        }
      }
    }
  }
  for (const length of [0, 1, 3 * PAGE - 1, 8 * PAGE + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    t.throws(() => on.region.grow(length), { code: 'ERR_PAGEFOLD_OUT_OF_RANGE' });
  }
  on.check();
});

test('more arguments than there are parameters do nothing', async (t) => {
  const on = await fixture(t);
  const more = [Symbol('1'), {}, 2n];
  Reflect.apply(on.region.grow, on.region, [3 * PAGE, ...more]);
  dispose(Reflect.apply(Region.allocate, Region, [PAGE, {}, ...more]));
  dispose(Reflect.apply(MemoryView.adopt, MemoryView, [on.other.memory, {}, ...more]));
  t.is((Reflect.apply(on.snapshot.read, on.snapshot, [0, 5, ...more]) as Uint8Array).length, 5);
  t.is((Reflect.apply(on.view.dirty, on.view, [{}, ...more]) as { pageCount: number }).pageCount, 1);
  on.check();
});

test('fewer arguments than there are parameters are refused', async (t) => {
  const on = await fixture(t);
  const calls: (() => unknown)[] = [
    () => Reflect.apply(Region.allocate, Region, []),
    () => Reflect.apply(on.region.grow, on.region, []),
    () => Reflect.apply(MemoryView.adopt, MemoryView, []),
    () => Reflect.apply(on.view.restore, on.view, []),
    () => Reflect.apply(on.snapshot.read, on.snapshot, []),
    () => Reflect.apply(on.snapshot.read, on.snapshot, [0]),
    () => Reflect.apply(on.snapshot.save, on.snapshot, []),
    () => Reflect.apply(Snapshot.open, Snapshot, []),
    () => Reflect.apply(Snapshot.capture, Snapshot, []),
    () => Reflect.apply(Snapshot.attach, Snapshot, []),
    () => Reflect.apply(Snapshot.compact, Snapshot, []),
    () => Reflect.apply(SnapshotDiff.between, SnapshotDiff, []),
    () => Reflect.apply(SnapshotDiff.decode, SnapshotDiff, []),
    () => Reflect.apply(on.view.apply, on.view, []),
    () => Reflect.apply(on.snapshot.write, on.snapshot, []),
    () => Reflect.apply(on.snapshot.truncate, on.snapshot, []),
    () => Reflect.apply(on.snapshot.queue, on.snapshot, []),
    () => Reflect.apply(on.snapshot.discard, on.snapshot, []),
    () => Reflect.apply(on.snapshot.discard, on.snapshot, [{ origin: 1 }]),
    () => Reflect.apply(on.snapshot.changes, on.snapshot, []),
    () => Reflect.apply(on.snapshot.diff, on.snapshot, []),
    () => Reflect.apply(on.snapshot.setRules, on.snapshot, []),
    () => Reflect.apply(on.diff.applyTo, on.diff, []),
    () => Reflect.apply(on.diff.compose, on.diff, []),
    () => Reflect.construct(SnapshotDiff, []),
    () => Reflect.apply(InstanceSnapshot.capture, InstanceSnapshot, []),
    () => Reflect.construct(Region, []),
    () => Reflect.construct(MemoryView, []),
    () => Reflect.construct(Snapshot, []),
    () => Reflect.construct(InstanceSnapshot, []),
  ];
  for (const call of calls) t.throws(call, { instanceOf: PagefoldError }, String(call));
  on.check();
});

test('arrays of any kind that are Uint8Arrays can be captured', (t) => {
  const shared = new Uint8Array(new SharedArrayBuffer(3 * WASM_PAGE)).fill(5);
  class Heir extends Uint8Array {}
  for (const bytes of [new Uint8Array(7).fill(5), Buffer.alloc(7, 5), new Heir(7).fill(5), shared.subarray(9, 16)]) {
    const snapshot = Snapshot.capture(bytes);
    t.deepEqual([...snapshot.read(0, 7)], [5, 5, 5, 5, 5, 5, 5]);
    snapshot.dispose();
  }
});

test('empty and detached arrays cannot be captured', (t) => {
  const detached = new Uint8Array(100);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const shrunk = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
  for (const bytes of [new Uint8Array(0), detached, shrunk.subarray(0, 0)]) {
    t.throws(() => Snapshot.capture(bytes), { code: 'ERR_PAGEFOLD_OUT_OF_RANGE' });
  }
});

function isRefusal(error: unknown): boolean {
  return error instanceof HostileError || (error instanceof PagefoldError && ERROR_CODES.has(error.code));
}

function dispose(made: unknown): void {
  if (made instanceof Region || made instanceof MemoryView || made instanceof Snapshot) made.dispose();
  if (made instanceof InstanceSnapshot || made instanceof SnapshotDiff) made.dispose();
}
