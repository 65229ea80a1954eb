/**
 * The demo: Python, clean for every request. Loads Pyodide, an unmodified CPython in
 * WebAssembly, and serves programs that each leave the interpreter in a mess.
 *
 *   npm run demo
 */

import { doctor, PagefoldError } from 'pagefold';

import { CheckFailed } from './check-failed.mjs';
import { computeFigures } from './figures.mjs';
import { keepByCopying, keepNothing } from './keepers.mjs';
import { Lane } from './lane.mjs';
import { parseOptions, USAGE } from './options.mjs';
import { loadPrograms } from './programs.mjs';
import { Progress } from './progress.mjs';
import { prove } from './proof.mjs';
import { planRequests, race } from './race.mjs';
import { residentMemory } from './resident.mjs';
import { renderNotes, renderSentence, renderTable } from './table.mjs';

/** @import { DemoOptions } from './options.mjs' */

const EXIT = { failed: 1, usage: 2, unsupported: 3 };

/** @param {DemoOptions} options */
async function demo({ requests, tracker }) {
  const progress = new Progress();
  const programs = await loadPrograms();

  progress.step('starting Python, for the first of three times');
  const fresh = await Lane.open('fresh start', keepNothing);
  progress.step('starting Python, for the second of three times: the one that is copied back');
  const copying = await Lane.open('copying', keepByCopying);
  progress.step('starting Python, for the third of three times: the one in a pool that pagefold resets');
  const pagefold = await Lane.openPooled('pagefold', tracker);
  const lanes = [copying, pagefold];

  progress.step('proving that the check finds what each program leaves, and that a reset removes it');
  const traces = new Set();
  const dirtyPages = [];
  for (const program of programs.ordinary) {
    for (const lane of lanes) for (const trace of await prove(lane, program)) traces.add(trace);
    await pagefold.run(program);
    dirtyPages.push(pagefold.keeper.view.dirty().pageCount);
    await pagefold.reset();
  }

  progress.step('measuring how much memory each way takes, in a process of its own');
  const resident = {
    fresh: await residentMemory('fresh', tracker),
    copying: await residentMemory('copying', tracker),
    pagefold: await residentMemory('pagefold', tracker),
  };

  const { beforeGrowth, afterGrowth } = planRequests(programs, requests);
  let served = 0;
  const count = () => progress.count('serving requests', (served += 1), requests);
  progress.step(`serving ${requests} requests, each in both interpreters`);
  globalThis.gc?.();
  const before = await race(lanes, beforeGrowth, count);
  const after = await race(lanes, afterGrowth, count);
  for (const [place, lane] of lanes.entries()) {
    if ((after[place]?.heapByteLength ?? 0) <= (before[place]?.heapByteLength ?? 0)) {
      throw new CheckFailed(`${lane.name}: the program that was to make the heap grow did not`);
    }
    await prove(lane, programs.growing);
  }
  progress.end();

  return computeFigures({
    requests,
    startMilliseconds: [fresh, copying, pagefold].map((lane) => lane.startMilliseconds),
    beforeGrowth: byLane(before),
    afterGrowth: byLane(after),
    resident,
    dirtyPages,
    tracker: pagefold.keeper.view.tracker,
    rejected: pagefold.keeper.view.rejected,
    tracesFoundWithoutReset: [...traces].toSorted(),
  });
}

/**
 * @template Leg
 * @param {Leg[]} legs
 */
function byLane([copying, pagefold]) {
  if (copying === undefined || pagefold === undefined) throw new CheckFailed('a lane is missing');
  return { copying, pagefold };
}

/** @param {unknown} error */
function exitCodeFor(error) {
  if (error instanceof CheckFailed) {
    console.error(`\nThe demo failed. ${error.message}`);
    return EXIT.failed;
  }
  if (error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_UNSUPPORTED') {
    console.error(`\n${error.message}`);
    return EXIT.unsupported;
  }
  throw error;
}

/** @type {DemoOptions | 'help'} */
let options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(USAGE);
  process.exit(EXIT.usage);
}
if (options === 'help') {
  console.log(USAGE);
  process.exit(0);
}
const { supported, reason } = doctor();
if (!supported) {
  console.error(`pagefold does not work here: ${reason}`);
  process.exit(EXIT.unsupported);
}
try {
  const figures = await demo(options);
  if (options.json) console.log(JSON.stringify(figures));
  else console.log(`${renderTable(figures)}\n${renderNotes(figures)}\n\n${renderSentence(figures)}`);
} catch (error) {
  process.exitCode = exitCodeFor(error);
}
