// The addon without its façade: what memory safety rests on, it checks by itself.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import type * as Addon from '../../native/index.cjs';
import { projectFile } from '../helpers/project.ts';

const { NativeDiff, NativeRules, NativeSnapshot, NativeView } = createRequire(import.meta.url)(
  projectFile('native', 'index.cjs'),
) as typeof Addon;

const BYTE_LENGTH = 65_536;
const SLOTS = 8;
let checks = 0;

const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
const bytes = new Uint8Array(memory.buffer);
const view = new NativeView(memory.buffer, 0, BYTE_LENGTH, BYTE_LENGTH, 'compare', []);
const snapshot = view.snapshot(memory.buffer, 0, BYTE_LENGTH);
const reset = view.resetter(0);

/** Slots whose last number says how long the view is. */
function slots(byteLength: number): ArrayBuffer {
  const numbers = new Float64Array(SLOTS);
  numbers[SLOTS - 1] = byteLength;
  return numbers.buffer;
}

function detached(buffer: ArrayBuffer): ArrayBuffer {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function works(buffer: ArrayBuffer): void {
  bytes[9] = 1;
  const good = slots(BYTE_LENGTH);
  reset(buffer, good);
  assert.equal(bytes[9], 0);
  assert.equal(new Float64Array(good)[3], 1, 'a dirty page');
  checks++;
}

const wrongSlots: unknown[] = [
  new ArrayBuffer(0),
  new ArrayBuffer(SLOTS * 8 - 1),
  detached(slots(BYTE_LENGTH)),
  new Float64Array(SLOTS),
  undefined,
  null,
  {},
  1,
  ...[-1, 0.5, Number.NaN, Infinity, BYTE_LENGTH + 1, 2 ** 53, 2 ** 64, 0].map(slots),
];
const wrongBuffers: unknown[] = [
  new ArrayBuffer(0),
  detached(new ArrayBuffer(BYTE_LENGTH)),
  bytes,
  undefined,
  null,
  {},
];

for (const [buffer, exchanged] of [
  ...wrongSlots.map((wrong) => [memory.buffer, wrong]),
  ...wrongBuffers.map((wrong) => [wrong, slots(BYTE_LENGTH)]),
] as [ArrayBuffer, ArrayBuffer][]) {
  assert.throws(() => reset(buffer, exchanged), Error);
  assert.throws(() => view.restore(buffer, 0, exchanged, snapshot), Error);
  works(memory.buffer);
}
for (const wrong of [[], [memory.buffer], [slots(BYTE_LENGTH)]]) {
  assert.throws(() => Reflect.apply(reset, undefined, wrong) as unknown, Error);
}

// An offset past the end, or none.
for (const offset of [BYTE_LENGTH, -1, Number.NaN, 1]) {
  const elsewhere = view.resetter(offset);
  assert.throws(() => elsewhere(memory.buffer, slots(BYTE_LENGTH)), Error);
}
works(memory.buffer);

// The buffer that growth has detached.
const old = memory.buffer;
memory.grow(1);
assert.throws(() => reset(old, slots(BYTE_LENGTH)), /ERR_PAGEFOLD_DETACHED/);
reset(memory.buffer, slots(2 * BYTE_LENGTH));

// Diffs and rules: numbers and buffers that are none, arrays over one buffer, objects of another class.
const options = { origin: 1, sequence: 1, gap: 0, originals: true };
new Uint8Array(memory.buffer)[5] = 5;
for (const wrong of [...wrongBuffers, old]) {
  assert.throws(() => view.diff(wrong as ArrayBuffer, 0, BYTE_LENGTH, options), Error);
  checks++;
}
for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53, '1', null, undefined, {}] as number[]) {
  for (const key of ['origin', 'sequence', 'gap'] as const) {
    assert.throws(() => view.diff(memory.buffer, 0, BYTE_LENGTH, { ...options, [key]: wrong }), Error);
  }
  assert.throws(() => new NativeRules(wrong, 'overwrite', []), Error);
  assert.throws(() => NativeDiff.decode(new Uint8Array(200), wrong), Error);
  assert.throws(() => NativeSnapshot.attach({ process: '', number: wrong }), Error);
  assert.throws(() => snapshot.write(wrong, bytes), Error);
  assert.throws(() => snapshot.changes(wrong), Error);
  checks++;
}
const grown = new NativeRules(2 ** 32, 'overwrite', []);
const diff = NativeDiff.between(new Uint8Array(100), new Uint8Array(200).fill(1), grown, 0, true);
for (const wrong of [{}, snapshot, grown, null, undefined, diff.header()] as (typeof diff)[]) {
  assert.throws(() => view.apply(memory.buffer, 0, BYTE_LENGTH, wrong), Error);
  assert.throws(() => diff.compose(wrong), Error);
  assert.throws(() => diff.conflicts(wrong), Error);
  assert.throws(() => snapshot.queue(wrong), Error);
  checks++;
}
for (const length of [0, 1, 150, 199, 200, 1000]) {
  // As much as there is room for.
  const [into, originals] = [new Uint8Array(length), new Uint8Array(1000 - length)];
  diff.read(into, originals);
  assert.deepEqual(into, new Uint8Array(length).fill(1, 0, Math.min(length, 200)));
  checks++;
}
const shared = new Uint8Array(300);
for (const [start, end] of [
  [0, 100],
  [50, 150],
  [200, 300],
] as const) {
  shared.fill(0);
  diff.applyTo(shared.subarray(0, 200), shared.subarray(start, end));
  assert.deepEqual(shared.subarray(0, 200), new Uint8Array(200).fill(1));
  checks++;
}
diff.dispose();
diff.dispose();
assert.throws(() => diff.encode(true), /ERR_PAGEFOLD_DISPOSED/);
reset(memory.buffer, slots(2 * BYTE_LENGTH));

// The function outlives what it was made of.
view.dispose(memory.buffer, 0, 2 * BYTE_LENGTH);
assert.throws(() => reset(memory.buffer, slots(2 * BYTE_LENGTH)), /ERR_PAGEFOLD_DISPOSED/);
checks++;

console.log(JSON.stringify({ checks }));
