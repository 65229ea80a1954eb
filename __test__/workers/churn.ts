// A worker that adopts, snapshots, resets, saves and drops as fast as it can, until it is terminated or has done the
// rounds that it was asked for.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { doctor, MemoryView, Region, Snapshot } from 'pagefold';

import { isZero, PAGE, paint } from '../helpers/pages.ts';

interface Task {
  readonly rounds: number;
  readonly folder: string;
}

const { rounds, folder } = workerData as Task;
const path = join(folder, `snapshot-${Math.random()}`);

parentPort?.postMessage('started');
for (let round = 0; round < rounds; round++) {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 10 });
  const view = MemoryView.adopt(memory);
  if (!isZero(view.bytes)) throw new Error('a new memory is not zero');
  paint(view.bytes, round);
  const snapshot = view.snapshot();
  for (let cycle = 0; cycle < 5; cycle++) {
    view.bytes.fill(0xee, cycle * PAGE, (cycle + 2) * PAGE);
    if (cycle === 3) memory.grow(1);
    if (view.dirty().pageCount < 2) throw new Error('writes were not found');
    view.reset();
    if (view.bytes[cycle * PAGE] !== snapshot.read(cycle * PAGE, 1)[0]) throw new Error('the reset is incomplete');
  }
  const region = Region.allocate(8 * PAGE);
  region.bytes.fill(1);
  const inRegion = region.view(PAGE);
  inRegion.restore(Snapshot.capture(new Uint8Array(PAGE).fill(2)));
  inRegion.reset();
  if (region.bytes[PAGE] !== 2 || region.bytes[0] !== 1) throw new Error('the region is wrong');
  if (round % 7 === 0) {
    // Some of it is left to the garbage collector, and some is under way when the worker ends.
    void snapshot.saveAsync(path).catch(() => {});
    void Snapshot.openAsync(path).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  } else {
    view.dispose();
    snapshot.dispose();
    region.dispose();
  }
}
parentPort?.postMessage({ done: rounds, tracker: doctor().tracker });
