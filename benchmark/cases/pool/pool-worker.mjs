// A thread with a pool of its own over a snapshot that it shares: leases a slot, writes to some pages and gives it back, as
// often as it is asked to.
import { parentPort, workerData } from 'node:worker_threads';

import { PagePool, Snapshot } from 'pagefold';

const PAGE_BYTES = 4096;
const { ticket, pages } = workerData;
const snapshot = Snapshot.attach(ticket);
const pool = PagePool.create({ slots: 2, snapshot, cleaner: 'release' });
const stride = pool.slotByteLength / pages;

parentPort.on('message', (cycles) => {
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const lease = pool.tryAcquire();
    const { bytes } = lease;
    for (let page = 0; page < pages; page += 1) {
      const at = page * stride + (page * PAGE_BYTES) / 2;
      bytes[at] = ~bytes[at];
    }
    lease.release();
  }
  const lease = pool.tryAcquire();
  const isClean = Buffer.from(lease.bytes.buffer, lease.bytes.byteOffset, 64).equals(snapshot.read(0, 64));
  lease.release();
  parentPort.postMessage(isClean);
});
parentPort.postMessage('ready');
