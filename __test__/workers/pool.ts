// A worker with a pool of its own, whose guests share pages with those of the thread that has started it.
import { parentPort, workerData } from 'node:worker_threads';

import { Snapshot, type SnapshotTicket } from 'pagefold';

import { pooled } from '../helpers/pooled.ts';

interface Task {
  readonly ticket: SnapshotTicket;
  /** `hold` leases until the end; `loop` in a guest, for ever; `serve` requests for ever; or `end` after some. */
  readonly task: 'hold' | 'loop' | 'serve' | 'end';
}

const { ticket, task } = workerData as Task;
const pool = await pooled({ size: 3, like: Snapshot.attach(ticket), cleaner: 'background' });
const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
const stored = leases.map(({ view }) => view.baseline?.storedByteLength);
const waiting = pool.acquire();
parentPort?.postMessage({ stored });
if (task === 'loop') leases[0]?.guest.loop();
if (task !== 'hold') {
  for (const lease of leases) lease.release();
  (await waiting).release();
}
const rounds = { hold: 0, loop: 0, serve: Number.POSITIVE_INFINITY, end: 200 }[task];
for (let round = 0; round < rounds; round++) {
  await pool.run((guest) => {
    if (guest.load(round % 100_000) !== 0) throw new Error('not clean');
    guest.store(round % 100_000, 1);
    guest.tick();
    if (round % 50 === 0) guest.grow(1);
  });
  if (round % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}
if (task === 'end') await pool.close();
else setInterval(() => undefined, 1000);
