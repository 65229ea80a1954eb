// A worker that ends badly, in the way that it is told to, while it holds memories, views and snapshots.
import { workerData } from 'node:worker_threads';

import { MemoryView, Region, Snapshot } from 'pagefold';

const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }));
const snapshot = view.snapshot();
const region = Region.allocate(1 << 20);
region.view().restore(Snapshot.capture(region.bytes.subarray(0, 100)));
void snapshot.saveAsync('/nonexistent/folder/snapshot').catch(() => {});
if (workerData === 'throw') throw new Error('on purpose');
if (workerData === 'exit') process.exit(7);
if (workerData === 'reject') await Promise.reject(new Error('on purpose'));
view.reset();
