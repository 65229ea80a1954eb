// A worker that makes as many regions of 64 MiB as it is told to, keeps them, and waits to be terminated.
import { parentPort, workerData } from 'node:worker_threads';

import { Region } from 'pagefold';

const regions = Array.from({ length: workerData as number }, () => Region.allocate(64 << 20));
for (const region of regions) {
  region.bytes[0] = 1;
  region.view().snapshot();
}
parentPort?.postMessage(regions.length);
parentPort?.on('message', () => {});
