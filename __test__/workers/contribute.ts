// A worker that shares a snapshot with others, and contributes to every version of it: round by round it takes the current
// version, changes its memory, queues what has changed, and waits until everybody has.
import { parentPort, workerData } from 'node:worker_threads';

import { MemoryView, Snapshot, type SnapshotTicket } from 'pagefold';

interface Task {
  readonly ticket: SnapshotTicket;
  readonly index: number;
  readonly rounds: number;
  /** Two counters: how many have queued, and the round that may begin. */
  readonly gate: Int32Array;
}

const { ticket, index, rounds, gate } = workerData as Task;
const snapshot = Snapshot.attach(ticket);
const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2, maximum: 2 }));
view.restore(snapshot);
const numbers = (): DataView => new DataView(view.bytes.buffer);
const origins = new Set<number>();

for (let round = 0; round < rounds; round++) {
  while (Atomics.load(gate, 1) < round) Atomics.wait(gate, 1, Atomics.load(gate, 1), 1000);
  view.reset();
  const memory = numbers();
  if (memory.getInt32(0, true) !== 36 * round)
    throw new Error(`round ${round}: the sum is ${memory.getInt32(0, true)}`);
  if (snapshot.version !== round) throw new Error(`round ${round}: the version is ${snapshot.version}`);
  memory.setInt32(0, memory.getInt32(0, true) + index, true);
  memory.setInt32(4, Math.max(memory.getInt32(4, true), round * 100 + index), true);
  view.bytes[4096 * index + (round % 4096)] = 1 + (round % 255);
  view.bytes[65_536 + index] = index;
  const diff = view.diff();
  origins.add(diff.origin);
  snapshot.queue(diff);
  // Redelivered: it counts once.
  snapshot.queue(diff);
  diff.dispose();
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
}
view.dispose();
snapshot.dispose();
parentPort?.postMessage([...origins]);
