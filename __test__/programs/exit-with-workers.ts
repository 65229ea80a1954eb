// Leaves by process.exit() while workers are busy and memories are adopted. The folder for their files is the argument.
import { once } from 'node:events';

import { MemoryView, Region } from 'pagefold';

import { startWorker } from '../helpers/worker.ts';

const folder = process.argv[2] ?? '';
const workers = [1, 2].map(() => startWorker('churn', { rounds: 1e9, folder }));
await Promise.all(workers.map((worker) => once(worker, 'message')));
const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }));
view.snapshot();
Region.allocate(1 << 20)
  .view()
  .snapshot();
console.log('"leaving"');
process.exit(0);
