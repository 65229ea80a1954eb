import { doctor } from 'pagefold';

import { amount } from '../../harness/print/amount.ts';
import { differenceOf } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { BareLoopRefused, buildBareLoop } from './bare-loop.ts';
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

const CASES = [1, 64].flatMap((mebibytes) => [0, 1, 16].map((dirtyPages) => ({ mebibytes, dirtyPages })));

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
    const binary = buildBareLoop();
    for (const { mebibytes, dirtyPages } of CASES) {
      try {
        await runCase(bench, binary, mebibytes, dirtyPages);
      } catch (error) {
        if (!(error instanceof BareLoopRefused)) throw error;
        bench.note(`overhead: ${mebibytes} MiB with ${dirtyPages} dirty is skipped: ${error.message}`);
      }
    }
  },
};

async function runCase(bench: Bench, binary: string, mebibytes: number, dirtyPages: number): Promise<void> {
  const order = { byteLength: mebibytes * MEBIBYTE, dirtyPages, cycles: CYCLES, quick: bench.quick };
  const result = await bench.run({
    suite: 'overhead',
    name: 'against-bare-loop',
    title: `${mebibytes} MiB, ${dirtyPages} ${dirtyPages === 1 ? 'page' : 'pages'} dirty; medians of ${CYCLES} resets, JavaScript and Rust in turn`,
    params: { byteLength: order.byteLength, dirtyPages, tracker: TRACKER },
    unit: 'µs',
    rounds: 15,
    subjects: [
      rustSubject(BARE, binary, { ...order, subject: 'bare' }),
      rustSubject(CORE, binary, { ...order, subject: TRACKER }),
      javascriptSubject({ ...order, tracker: TRACKER }),
    ],
    differences: [
      { of: CORE, to: BARE },
      { of: IN_JAVASCRIPT, to: BARE },
    ],
  });
  if (bench.quick) return;
  const difference = differenceOf(result, IN_JAVASCRIPT, BARE, 'reset');
  bench.figure({
    figure: `view.reset() − bare loop, ${mebibytes} MiB, ${dirtyPages} ${dirtyPages === 1 ? 'page' : 'pages'} dirty`,
    wanted: `≤ ${WANTED_MICROSECONDS} µs`,
    measured: amount(difference, 'µs'),
    reached: difference <= WANTED_MICROSECONDS,
  });
}
