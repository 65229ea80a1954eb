import { buildBench, RustBench } from '../../harness/rust-bench.ts';
import type { Suite } from '../../harness/suite.ts';
import { cycle } from './cycle.ts';
import { fairness } from './fairness.ts';
import { fresh } from './fresh.ts';
import { javascriptCycle } from './javascript-cycle.ts';
import { javascriptLend } from './javascript-lend.ts';
import { javascriptThreads } from './javascript-threads.ts';
import { lend } from './lend.ts';
import type { PoolCase } from './pool-case.ts';
import { threads } from './threads.ts';

const cases: readonly PoolCase[] = [
  lend,
  fresh,
  cycle,
  threads,
  javascriptLend,
  javascriptCycle,
  javascriptThreads,
  fairness,
];

export const pool: Suite = {
  name: 'pool',
  shows: 'slots handed out clean, against memory mapped anew, a bare reset, and two threads at once',
  async run(bench) {
    const rust = new RustBench(buildBench('pool', bench));
    try {
      for (const each of cases) await each(bench, rust);
    } finally {
      rust.close();
    }
  },
};
