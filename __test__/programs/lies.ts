// Memories and arrays that say something else about themselves than the engine does. What they say must not be followed.
import assert from 'node:assert/strict';

import { MemoryView, PagefoldError, Region, Snapshot } from 'pagefold';

import { isZero, PAGE } from '../helpers/pages.ts';

let checks = 0;
const failures: string[] = [];
const PAGES_16 = 65_536;

/** Runs a part; its failure does not keep the next one from running. */
function part(title: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    failures.push(`${title}: ${String(error)}`);
  }
}

/** Whether an adopted memory is still the engine's, whatever it says. */
function works(memory: WebAssembly.Memory, trueBuffer: ArrayBuffer): void {
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot();
  assert.equal(snapshot.byteLength, PAGES_16);
  assert.ok(isZero(snapshot.read(0, PAGES_16)));
  new Uint8Array(trueBuffer)[PAGES_16 - 1] = 1;
  assert.equal(view.dirty().pageCount, 1);
  view.reset();
  assert.equal(new Uint8Array(trueBuffer)[PAGES_16 - 1], 0);
  assert.equal(view.byteLength, PAGES_16);
  view.dispose();
  checks++;
}

const buffers: unknown[] = [
  new ArrayBuffer(0),
  new ArrayBuffer(PAGES_16),
  new ArrayBuffer(2 ** 28),
  new SharedArrayBuffer(PAGES_16),
  new WebAssembly.Memory({ initial: 3 }).buffer,
  Region.allocate(PAGE).bytes.buffer,
  undefined,
  null,
  {},
  'buffer',
];
for (const value of buffers) {
  part(`an own buffer, ${String(value)}`, () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { buffer } = memory;
    Object.defineProperty(memory, 'buffer', { value });
    works(memory, buffer);
  });
}

// The same by the prototype, after pagefold was loaded.
const original = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer') as PropertyDescriptor;
for (const value of buffers) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { buffer } = memory;
  Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', { value, configurable: true });
  part(`another accessor, ${String(value)}`, () => works(memory, buffer));
  Object.defineProperty(WebAssembly.Memory.prototype, 'buffer', original);
}

// A growth that lies.
part('an own grow', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { buffer } = memory;
  Object.defineProperty(memory, 'grow', { value: () => 0 });
  works(memory, buffer);
});

/** Calls that may work or be refused, but not crash. */
function survives(work: () => unknown): void {
  part(String(work), () => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PagefoldError || error instanceof TypeError || error instanceof RangeError)) throw error;
    }
    checks++;
  });
}

const LENGTHS: unknown[] = [
  0,
  1,
  PAGE,
  PAGES_16,
  2 ** 20,
  2 ** 40,
  2 ** 53,
  -1,
  0.5,
  NaN,
  Infinity,
  '65536',
  undefined,
  1n,
];

// A buffer with a length of its own.
for (const value of LENGTHS) {
  part(`a buffer with an own byteLength, ${String(value)}`, () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { buffer } = memory;
    Object.defineProperty(buffer, 'byteLength', { value });
    works(memory, buffer);
  });
}

// One that begins to lie while a view is in use.
for (const value of LENGTHS) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot();
  Object.defineProperty(memory.buffer, 'byteLength', { value });
  for (const method of ['dirty', 'reset', 'snapshot'] as const) survives(() => view[method]());
  survives(() => view.restore(snapshot));
  survives(() => view.bytes);
  survives(() => view.dispose());
}

// A region whose buffer says that it was not transferred.
for (const value of LENGTHS) {
  const region = Region.allocate(2 * PAGE, { maxByteLength: PAGES_16 });
  const view = region.view();
  view.snapshot();
  const { buffer } = region.bytes;
  const moved = structuredCloneMoved(buffer);
  Object.defineProperty(buffer, 'byteLength', { value });
  for (const method of ['dirty', 'reset', 'snapshot'] as const) survives(() => view[method]());
  survives(() => region.bytes[0]);
  survives(() => region.grow(3 * PAGE));
  survives(() => view.dispose());
  survives(() => region.dispose());
  if (moved !== undefined) assert.equal(new Uint8Array(moved)[0], 0);
}

function structuredCloneMoved(buffer: ArrayBuffer): ArrayBuffer | undefined {
  const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer };
  return transfer?.call(buffer);
}

// Arrays that lie about themselves.
for (const key of ['length', 'byteLength', 'byteOffset', 'buffer']) {
  for (const value of [...LENGTHS, new SharedArrayBuffer(8), new ArrayBuffer(2 ** 20)]) {
    part(`an array with an own ${key}, ${String(value)}`, () => {
      const bytes = new Uint8Array(100).fill(6);
      Object.defineProperty(bytes, key, { value });
      const snapshot = Snapshot.capture(bytes);
      assert.deepEqual([...snapshot.read(0, snapshot.byteLength)], Array(100).fill(6));
      checks++;
    });
  }
}

// What the façade checks with, taken away: the addon checks for itself.
const { isSafeInteger } = Number;
Number.isSafeInteger = () => true;
try {
  const region = Region.allocate(2 * PAGE, { maxByteLength: PAGES_16 });
  const snapshot = Snapshot.capture(region.bytes);
  for (const value of [
    -1,
    0.5,
    -0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    2 ** 60,
    1e308,
    -(2 ** 63),
    2 ** 64,
    2 ** 47,
  ]) {
    survives(() => Region.allocate(value));
    survives(() => Region.allocate(1, { maxByteLength: value }));
    survives(() => region.grow(value));
    survives(() => region.view(value));
    survives(() => region.view(0, value));
    survives(() => region.view(value, PAGE));
    survives(() => snapshot.read(value, 1));
    survives(() => snapshot.read(0, value));
    survives(() => snapshot.read(value, PAGE));
  }
  assert.equal(region.bytes.length, 2 * PAGE);
  region.dispose();
} finally {
  Number.isSafeInteger = isSafeInteger;
}

console.log(JSON.stringify({ checks, failures }));
