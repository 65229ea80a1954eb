// Takes many snapshots of 8 MiB, or makes such diffs, and drops or disposes each. Nobody asks for garbage collection.
import { constants, PerformanceObserver } from 'node:perf_hooks';

import { Snapshot, SnapshotDiff } from 'pagefold';

import { collectedUntil, turn } from '../helpers/garbage.ts';
import { descriptors } from '../helpers/process-state.ts';

const bytes = new Uint8Array(8 << 20).fill(1);
const zeros = new Uint8Array(bytes.length);
const mode = process.argv[2] ?? '';
await (mode === 'drop' ? drop() : mode === 'drop-diffs' ? dropDiffs() : dispose());

async function drop(): Promise<void> {
  Snapshot.capture(bytes).dispose();
  const before = descriptors();
  let most = 0;
  for (let index = 0; index < 300; index++) {
    Snapshot.capture(bytes);
    await turn();
    most = Math.max(most, descriptors() - before);
  }
  await collectedUntil(() => descriptors() <= before + 2);
  console.log(JSON.stringify({ most, left: descriptors() - before }));
}

async function dropDiffs(): Promise<void> {
  let most = 0;
  for (let index = 0; index < 300; index++) {
    SnapshotDiff.between(zeros, bytes);
    await turn();
    most = Math.max(most, process.memoryUsage().rss);
  }
  console.log(JSON.stringify({ most }));
}

async function dispose(): Promise<void> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as unknown as { detail: { kind: number } }[]) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let index = 0; index < 600; index++) {
    Snapshot.capture(bytes).dispose();
    SnapshotDiff.between(zeros, bytes).dispose();
    if (index % 20 === 19) await turn();
  }
  await turn();
  await turn();
  observer.disconnect();
  console.log(JSON.stringify({ collections }));
}
