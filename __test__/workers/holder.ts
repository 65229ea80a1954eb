// A worker that holds regions, with buffers and without, snapshots, diffs and a view, and ends in some way.
import { parentPort, workerData } from 'node:worker_threads';

import { MemoryView, Region, Snapshot, SnapshotDiff } from 'pagefold';

const MIB = 2 ** 20;
const way = workerData as string;

const held: object[] = [];
for (let index = 0; index < 20; index++) {
  held.push(Region.allocate(MIB));
  const region = Region.allocate(MIB, { maxByteLength: 2 * MIB });
  region.bytes.fill(index);
  held.push(region, Snapshot.capture(region.bytes), SnapshotDiff.between(new Uint8Array(MIB), region.bytes));
}
const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }));
held.push(view, view.snapshot());

parentPort?.postMessage(held.length);
if (way === 'exit') process.exit(0);
if (way === 'throw') throw new Error('on purpose');
if (way === 'terminate') parentPort?.on('message', () => {});
if (way === 'terminate in a loop') {
  for (;;) {
    const region = Region.allocate(MIB);
    if (held.length % 2 === 0) region.dispose();
    if (held.length === 0) break;
  }
}
