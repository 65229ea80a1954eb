// A worker with a pool over a snapshot of another thread: leases, writes, waits and releases until it is terminated or has
// done the rounds that it was asked for.
import { parentPort, workerData } from 'node:worker_threads';

import { PagePool, Snapshot, type PageLease, type SnapshotTicket } from 'pagefold';

import { equalBytes } from '../helpers/pages.ts';

interface Task {
  readonly ticket: SnapshotTicket;
  readonly rounds: number;
  readonly slots: number;
}

const { ticket, rounds, slots } = workerData as Task;
const snapshot = Snapshot.attach(ticket);
const contents = snapshot.read(0, snapshot.byteLength);
const pool = PagePool.create({ slots, snapshot });
const held: PageLease[] = [];

for (let round = 0; round < rounds; round += 1) {
  const lease = await pool.acquire();
  if (!equalBytes(lease.bytes, contents)) throw new Error('a slot was not clean');
  lease.bytes.fill(round, round % contents.length);
  held.push(lease);
  // The last slots are held when it ends, and somebody waits.
  if (held.length === slots) {
    void pool.acquire().then((next) => next.release());
    held.shift()?.release();
    held.shift()?.release();
  }
  if (round === slots) parentPort?.postMessage({ inUse: pool.stats().inUse });
}
parentPort?.postMessage({ done: rounds });
