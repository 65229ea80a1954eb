import { doctor } from 'pagefold';

import { TOTAL } from '../../harness/burst.ts';
import { times } from '../../harness/print/amount.ts';
import { ratioOf, type CaseResult } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { usableTrackers } from '../usable-trackers.ts';
import { copyDifferentPages } from './copy-different-pages.ts';
import { COPY_EVERYTHING, copyEverything } from './copy-everything.ts';
import { grid } from './grid/grid.ts';
import { newMemory } from './new-memory.ts';
import { heapContents } from './resident-heap.ts';
import { ScatteredWrites } from './scattered-writes.ts';
import { cycleSubject } from './subject.ts';
import { trackedName, trackedView } from './tracked-view.ts';

const MEBIBYTE = 2 ** 20;
const BYTE_LENGTH = 64 * MEBIBYTE;
const DIRTY_PAGES = [1, 16, 256, 1024, 4096];

/** How many times cheaper than copying everything a reset has to be. */
const WANTED = new Map([
  [1, 150],
  [1024, 12],
]);

export const reset: Suite = {
  name: 'reset',
  shows: 'going back, of a 64 MiB memory: pagefold against what can be done without it',
  async run(bench) {
    const contents = heapContents(BYTE_LENGTH);
    for (const dirtyPages of DIRTY_PAGES) {
      const result = await runCase(bench, contents, dirtyPages);
      if (!bench.quick) compareWithWanted(bench, result, dirtyPages);
    }
    await grid(bench);
  },
};

async function runCase(bench: Bench, contents: Uint8Array, dirtyPages: number): Promise<CaseResult> {
  const writes = new ScatteredWrites(contents.length, dirtyPages);
  const ways = [
    copyEverything(contents),
    copyDifferentPages(contents),
    newMemory(contents),
    ...usableTrackers(bench).map((tracker) => trackedView(contents, tracker)),
  ];
  return bench.run({
    suite: 'reset',
    name: 'scattered-pages',
    title: `64 MiB, all resident; the guest writes to ${dirtyPages} scattered page${dirtyPages === 1 ? '' : 's'}`,
    params: { byteLength: contents.length, dirtyPages },
    unit: 'µs',
    rounds: 21,
    subjects: ways.map((way) => cycleSubject(way, writes, contents)),
    ratios: ways.slice(1).map(({ name }) => ({ of: COPY_EVERYTHING, to: name })),
    ratioParts: ['reset', TOTAL],
  });
}

function compareWithWanted(bench: Bench, result: CaseResult, dirtyPages: number): void {
  const wanted = WANTED.get(dirtyPages);
  const { tracker } = doctor();
  if (wanted === undefined || tracker === undefined) return;
  const what = `${dirtyPages} of 16,384 pages dirty, ${tracker}`;
  const onReset = ratioOf(result, COPY_EVERYTHING, trackedName(tracker), 'reset');
  bench.figure({
    figure: `reset, ${what}: cheaper than copying the heap back`,
    wanted: `≥ ${wanted}×`,
    measured: times(onReset),
    reached: onReset >= wanted,
  });
}
