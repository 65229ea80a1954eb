// A worker that maps regions and files into memories as fast as it can, until it is terminated or has done its rounds.
import { parentPort, workerData } from 'node:worker_threads';

import { MemoryView, Region, type TrackerKind } from 'pagefold';

import { isZero, PAGE, paint } from '../helpers/pages.ts';

interface Task {
  readonly rounds: number;
  readonly tracker: TrackerKind;
}

const { rounds, tracker } = workerData as Task;

for (let round = 0; round < rounds; round++) {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2, maximum: 10 }), { tracker });
  if (!isZero(view.bytes)) throw new Error('a new memory is not zero');
  paint(view.bytes, round);
  view.snapshot();
  const region = Region.allocate(4 * PAGE, { mappable: true });
  const file = Region.open(process.execPath, { byteLength: 3 * PAGE });
  for (let cycle = 0; cycle < 5; cycle++) {
    view.map(region, { byteOffset: cycle * PAGE });
    view.map(file, { byteOffset: (10 + cycle) * PAGE });
    view.bytes[cycle * PAGE] = 99;
    if (region.bytes[0] !== 99) throw new Error('the write has not reached the region');
    if (view.bytes[(10 + cycle) * PAGE + 1] !== file.bytes[1]) throw new Error('the file does not show');
    view.bytes[(10 + cycle) * PAGE + 1] = 0;
    if (file.bytes[1] === 0) throw new Error('the write has reached the file');
    if (cycle % 2 === 0) view.discard(PAGE, 3 * PAGE);
    if (cycle === 3) region.dispose();
    view.reset();
    if (cycle >= 3) break;
  }
  if (round % 5 !== 0) {
    view.dispose();
    file.dispose();
  }
}
parentPort?.postMessage(rounds);
