// Makes many things, drops them, collects garbage, and tells how the process has changed. Scenario and count are arguments.
import { MemoryView, Region, Snapshot, type TrackerChoice } from 'pagefold';

import { collectGarbage, collectedUntil } from '../helpers/garbage.ts';
import { isZero, PAGE, paint } from '../helpers/pages.ts';
import { addressSpace, descriptors, mappings } from '../helpers/process-state.ts';

const [scenario = '', count = '0', tracker = 'auto'] = process.argv.slice(2);
const options = { tracker: tracker as TrackerChoice };

/** Kept by some scenarios until the end. */
const kept: WeakRef<object>[] = [];

const SCENARIOS: Record<string, (index: number) => void> = {
  memories: () => {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), options);
    paint(view.bytes);
    view.snapshot();
    view.bytes[PAGE] = 0;
    view.reset();
  },
  'memories that grow': () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 8 });
    const view = MemoryView.adopt(memory, options);
    view.snapshot();
    memory.grow(3);
    view.bytes.fill(1);
    view.reset();
  },
  'memories with disposed views': () => {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), options);
    view.snapshot().dispose();
    view.dispose();
  },
  regions: () => {
    const region = Region.allocate(3 * PAGE, { maxByteLength: 100 * PAGE });
    const view = region.view(PAGE, undefined, options);
    paint(region.bytes);
    view.snapshot();
    region.grow(50 * PAGE);
    view.bytes.fill(2);
    view.reset();
  },
  'regions never looked at': () => void Region.allocate(1 << 20),
  'disposed regions': () => {
    const region = Region.allocate(PAGE);
    region.bytes[0] = 1;
    region.view(0, undefined, options).snapshot();
    region.dispose();
  },
  'regions kept by weak references': () => {
    const region = Region.allocate(2 * PAGE);
    kept.push(new WeakRef(region), new WeakRef(region.bytes), new WeakRef(region.bytes.buffer));
  },
  'abandoned generators': () => {
    const abandoned = scope();
    abandoned.next();
    abandoned.next();
  },
  'abandoned promises': () => void waiting(),
  snapshots: (index) => void Snapshot.capture(new Uint8Array(10 * PAGE).fill(1 + (index % 200))),
  'exceptions in scopes': () => {
    const region = Region.allocate(PAGE);
    try {
      region.view(0, undefined, options).snapshot();
      region.grow(-1);
    } catch {
      region.dispose();
    }
  },
};

function* scope(): Generator<number, void> {
  const region = Region.allocate(PAGE);
  try {
    yield region.bytes.length;
    yield region.view(0, undefined, options).snapshot().byteLength;
  } finally {
    region.dispose();
  }
}

async function waiting(): Promise<void> {
  const region = Region.allocate(PAGE);
  await new Promise(() => {});
  region.dispose();
}

const make = SCENARIOS[scenario];
if (make === undefined) throw new Error(`no scenario ${scenario}`);

// What is made once stays: descriptors and mappings of the addon, of probes, of the engine's heap, and the addresses of
// the newest disposed regions, which are kept from being used again for a while.
for (let index = 0; index < 300; index++) {
  make(index);
  if (index % 50 === 49) await collectGarbage();
}
const before = { descriptors: descriptors(), mappings: mappings(), addressSpace: addressSpace() };

let mostDescriptors = 0;
for (let index = 0; index < Number(count); index++) {
  make(index);
  if (index % 50 === 49) await collectGarbage();
  mostDescriptors = Math.max(mostDescriptors, descriptors());
}

const isBack = await collectedUntil(
  () => descriptors() <= before.descriptors + 2 && mappings() <= before.mappings + 60,
);
const after = { descriptors: descriptors(), mappings: mappings(), addressSpace: addressSpace() };

// Whatever addresses the engine hands out now, no image may shine through.
let zeros = true;
const fresh = Array.from({ length: 100 }, () => new WebAssembly.Memory({ initial: 2, maximum: 4 }));
for (const memory of fresh) {
  zeros &&= isZero(new Uint8Array(memory.buffer));
  memory.grow(2);
  zeros &&= isZero(new Uint8Array(memory.buffer));
}
for (let index = 0; index < 100; index++) {
  const region = Region.allocate(3 * PAGE);
  zeros &&= isZero(region.bytes);
  region.dispose();
}
console.log(JSON.stringify({ isBack, zeros, before, after, mostDescriptors, kept: kept.length }));
