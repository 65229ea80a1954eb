import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { Snapshot } from 'pagefold';

import type { Subject } from '../../harness/case.ts';
import { times } from '../../harness/print/amount.ts';
import { leastOf } from '../../harness/result.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { heapContents } from '../reset/resident-heap.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';

const BYTE_LENGTH = 16 * MEBIBYTE;
const PAGES = 16;
/** So many that waking the threads, and moving them to a processor of their own, is a small part of it. */
const CYCLES = 20_000;
const WANTED = 1.7;
const PART = 'cycle';
const ONE = 'one thread';
const TWO = 'two threads';

/** Two worker threads, each with a pool over the same snapshot, against one. */
export const javascriptThreads: PoolCase = async (bench) => {
  if (availableParallelism() < 2) return bench.note('pool, threads: skipped, there is one processor');
  const snapshot = Snapshot.capture(heapContents(BYTE_LENGTH));
  const workerData = { ticket: snapshot.share(), pages: PAGES };
  const workers = [0, 1].map(() => new Worker(new URL('pool-worker.mjs', import.meta.url), { workerData }));
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const cycles = bench.quick ? 1 : CYCLES;
    const result = await bench.run({
      suite: 'pool',
      name: 'javascript-threads',
      title: `acquire, write ${PAGES} pages of 16 MiB, release clean: worker threads with a pool each over one snapshot`,
      params: { byteLength: BYTE_LENGTH, dirtyPages: PAGES },
      unit: 'µs',
      rounds: 21,
      subjects: [threads(ONE, workers.slice(0, 1), cycles), threads(TWO, workers, cycles)],
      ratios: [{ of: ONE, to: TWO }],
    });
    if (bench.quick) return;
    // As in threads.ts.
    const gain = leastOf(result, ONE, PART) / leastOf(result, TWO, PART);
    bench.figure({
      figure: 'throughput of two worker threads with a pool each ÷ one; least disturbed rounds of each',
      wanted: `≥ ${times(WANTED)}`,
      measured: times(gain),
      reached: gain >= WANTED,
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    snapshot.dispose();
  }
};

/** Time for each cycle of any of the threads. */
function threads(name: string, workers: readonly Worker[], cycles: number): Subject {
  const run = async (): Promise<void> => {
    const answers = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage(cycles);
    for (const [isClean] of await Promise.all(answers)) {
      if (isClean !== true) throw new WrongResult('a slot was not clean');
    }
  };
  return {
    name,
    check: run,
    warmUp: run,
    async measure() {
      const began = performance.now();
      await run();
      return { [PART]: ((performance.now() - began) * 1000) / (cycles * workers.length) };
    },
  };
}
