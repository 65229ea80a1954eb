// Leaves by process.exit() while workers are busy and memories are adopted.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MemoryView, Region } from 'pagefold';

import { startWorker } from '../helpers/worker.ts';

const folder = mkdtempSync(join(tmpdir(), 'pagefold-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const workers = [1, 2].map(() => startWorker('churn', { rounds: 1e9, folder }));
await Promise.all(workers.map((worker) => once(worker, 'message')));
const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }));
view.snapshot();
Region.allocate(1 << 20)
  .view()
  .snapshot();
console.log('"leaving"');
process.exit(0);
