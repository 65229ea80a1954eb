import { doctor } from 'pagefold';

import { amount } from '../../harness/print/amount.ts';
import { leastOf } from '../../harness/result.ts';
import { buildBench } from '../../harness/rust-bench.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { IN_JAVASCRIPT, javascriptSubject } from './javascript-subject.ts';
import { pieces } from './pieces.ts';
import { rustSubject } from './rust-subject.ts';

const MEBIBYTE = 2 ** 20;
const BARE = 'bare loop of system calls in Rust';
const CORE = 'View::reset in Rust';

/** Resets of one turn, as many as the Rust benchmark does by itself. */
const CYCLES = 301;
const WANTED_MICROSECONDS = 1.5;

/** The bare loop knows only this way of tracking. */
const TRACKER = 'uffd-wp';

/** The Rust benchmark has no case without dirty pages; `pieces` has. */
const CASES = [1, 64].flatMap((mebibytes) => [1, 16].map((dirtyPages) => ({ mebibytes, dirtyPages })));

export const overhead: Suite = {
  name: 'overhead',
  shows: 'what view.reset() costs on top of the system calls that it makes',
  async run(bench) {
    const finding = doctor().trackers.find(({ name }) => name === TRACKER);
    if (finding?.available !== true) {
      bench.note(`overhead: skipped, ${TRACKER} does not work on this machine: ${finding?.reason}`);
      return;
    }
    await bench.run(await pieces(TRACKER, bench.quick));
    const binary = buildBench('reset', bench);
    for (const { mebibytes, dirtyPages } of CASES) await runCase(bench, binary, mebibytes, dirtyPages);
  },
};

async function runCase(bench: Bench, binary: string, mebibytes: number, dirtyPages: number): Promise<void> {
  const byteLength = mebibytes * MEBIBYTE;
  const order = { mebibytes, dirtyPages, cycles: CYCLES, quick: bench.quick };
  const result = await bench.run({
    suite: 'overhead',
    name: 'against-bare-loop',
    title: `${mebibytes} MiB, ${dirtyPages} ${dirtyPages === 1 ? 'page' : 'pages'} dirty; medians of ${CYCLES} resets, JavaScript and Rust in turn`,
    params: { byteLength, dirtyPages, tracker: TRACKER },
    unit: 'µs',
    rounds: 25,
    subjects: [
      rustSubject(BARE, binary, { ...order, subject: 'bare' }),
      rustSubject(CORE, binary, { ...order, subject: TRACKER }),
      javascriptSubject({ byteLength, dirtyPages, cycles: CYCLES, tracker: TRACKER }),
    ],
    differences: [
      { of: CORE, to: BARE },
      { of: IN_JAVASCRIPT, to: BARE },
    ],
  });
  if (bench.quick) return;
  // Noise of 10 µs comes and goes by the round, and only ever adds: the least disturbed rounds can be compared.
  const difference = leastOf(result, IN_JAVASCRIPT, 'reset') - leastOf(result, BARE, 'reset');
  bench.figure({
    figure: `view.reset() − bare loop, ${mebibytes} MiB, ${dirtyPages} dirty; least disturbed rounds of each`,
    wanted: `≤ ${WANTED_MICROSECONDS} µs`,
    measured: amount(difference, 'µs'),
    reached: difference <= WANTED_MICROSECONDS,
  });
}
