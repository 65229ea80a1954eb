import { TOTAL } from '../../harness/burst.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { amount, digits, times } from '../../harness/print/amount.ts';
import { medianOf, ratioOf, type CaseResult } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { DIRTY, dirtyPages } from './dirty-pages.ts';
import { FRESH_START, freshStart } from './fresh-start.ts';
import { interpreterSubject } from './interpreter-subject.ts';
import { openInterpreters, type Interpreters } from './interpreters.ts';
import { PageCopier } from './page-copier.ts';
import { COLD, pageCopySubjects, WARM } from './page-copy-subjects.ts';
import { REQUESTS, type Request } from './request.ts';

const COPYING = 'copying the heap back';
const PAGEFOLD = 'pagefold';
const WANTED_OVER_COPYING = 12;
const WANTED_OVER_FRESH_START = 4000;

export const python: Suite = {
  name: 'python',
  shows: 'a clean CPython (Pyodide) for every request: a fresh start, copying its heap back, pagefold',
  async run(bench) {
    using interpreters = await openInterpreters();
    const copier = await PageCopier.create();
    for (const request of REQUESTS) {
      const pages = await countDirtyPages(bench, interpreters, request);
      const cycle = await runCycles(bench, interpreters, request);
      const copies = await copyAsManyPages(bench, copier, request, pages);
      if (bench.quick) continue;
      sayHowFarFromTheLimit(bench, cycle, copies);
      compareWithWanted(bench, request, pages, cycle);
    }
  },
};

/** The median of the pages that one request changes. */
async function countDirtyPages(bench: Bench, { tracked, keeper }: Interpreters, request: Request): Promise<number> {
  const { byteLength } = keeper.guest.view;
  const result = await bench.run({
    suite: 'python',
    name: 'dirty-pages',
    title: `${request.words}: pages of 4 KiB that it changes, of ${digits(byteLength / 4096)}`,
    params: { request: request.name, byteLength },
    unit: 'pages',
    rounds: 200,
    subjects: [dirtyPages(tracked, keeper, request)],
  });
  return medianOf(result, DIRTY, 'changed');
}

async function runCycles(bench: Bench, interpreters: Interpreters, request: Request): Promise<CaseResult> {
  collectGarbage();
  const { tracked, copied, keeper } = interpreters;
  const { byteLength, tracker } = keeper.guest.view;
  return bench.run({
    suite: 'python',
    name: 'request-cycle',
    title: `${request.words}, each time in a clean interpreter; reset = memory + JavaScript state`,
    params: { request: request.name, byteLength, tracker },
    unit: 'µs',
    rounds: 17,
    subjects: [
      interpreterSubject(PAGEFOLD, tracked, request, 64),
      interpreterSubject(COPYING, copied, request, 16),
      freshStart(request),
    ],
    ratios: [
      { of: COPYING, to: PAGEFOLD },
      { of: FRESH_START, to: PAGEFOLD },
      { of: FRESH_START, to: COPYING },
    ],
    ratioParts: ['reset', 'memory', TOTAL],
  });
}

async function copyAsManyPages(bench: Bench, copier: PageCopier, request: Request, pages: number): Promise<CaseResult> {
  return bench.run({
    suite: 'python',
    name: 'page-copies',
    title: `copying ${pages} scattered single pages, and nothing else`,
    params: { request: request.name, pages },
    unit: 'µs',
    rounds: 101,
    subjects: pageCopySubjects(copier, pages),
  });
}

function sayHowFarFromTheLimit(bench: Bench, cycle: CaseResult, copies: CaseResult): void {
  const reset = medianOf(cycle, PAGEFOLD, 'memory');
  const [cold, warm] = [medianOf(copies, COLD, 'all'), medianOf(copies, WARM, 'all')];
  bench.note(
    `Physical limit: as many copies of cold pages take ${amount(cold, 'µs')}, of warm ones ${amount(warm, 'µs')}; ` +
      `pagefold puts the memory back in ${amount(reset, 'µs')}: ${times(reset / cold)} and ${times(reset / warm)} of it.`,
  );
}

function compareWithWanted(bench: Bench, { words }: Request, pages: number, cycle: CaseResult): void {
  const what = `CPython, ${words} (${digits(pages)} pages dirty)`;
  const memory = ratioOf(cycle, COPYING, PAGEFOLD, 'memory');
  bench.figure({
    figure: `${what}: putting the memory back against copying all of it`,
    wanted: `≥ ${WANTED_OVER_COPYING}×`,
    measured: times(memory),
    reached: memory >= WANTED_OVER_COPYING,
  });
  const start = ratioOf(cycle, FRESH_START, PAGEFOLD, 'reset');
  bench.figure({
    figure: `${what}: reset of memory and JavaScript state against a fresh start`,
    wanted: `≥ ${digits(WANTED_OVER_FRESH_START)}×`,
    measured: times(start),
    reached: start >= WANTED_OVER_FRESH_START,
  });
}
