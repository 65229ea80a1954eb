/**
 * Pools of guests in threads of piscina: each thread has interpreters of its own, whose memory is shared with those of all
 * others until they write to it. A program that never ends is ended by an AbortSignal, together with its thread; the
 * others go on.
 *
 *   node examples/piscina.mjs [THREADS [INTERPRETERS]]
 */

import { readFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';

import Table from 'cli-table3';
import { Piscina } from 'piscina';

import { createPythonPool } from './python/pool.mjs';

/** @import { Outcome } from './python/program-runner.mjs' */
/** @import { Settings } from './piscina/worker.mjs' */

/** Leaves traces, and tells if it finds any. */
const PROGRAM = `
import json
found = "left_behind" in globals() or json.dumps([1]) != "[1]"
left_behind = [bytes(100) for _ in range(1000)]
json.dumps = lambda value: "patched"
"traces" if found else sum(number * number for number in range(1000))`;
const ANSWER = '332833500';

const ENDLESS = 'while True: pass';
const PROGRAMS_PER_THREAD = 8;
const ENDLESS_MILLISECONDS = 300;
const MEBIBYTE = 2 ** 20;

const [threads, interpreters] = [process.argv[2] ?? '3', process.argv[3] ?? '2'].map(Number);
if (threads === undefined || interpreters === undefined || !isCount(threads) || !isCount(interpreters)) {
  console.error('Usage: node examples/piscina.mjs [THREADS [INTERPRETERS]]   both from 1 to 16');
  process.exit(2);
}

const hashSeed = randomInt(2 ** 32);
// The interpreter whose memory all others share; nobody runs anything in it.
const first = await createPythonPool({ hashSeed }, { size: 1 });
/** @type {Settings} */
const settings = { ticket: first.snapshot.share(), hashSeed, interpreters };
const piscina = new Piscina({
  filename: new URL('piscina/worker.mjs', import.meta.url).href,
  workerData: settings,
  minThreads: threads,
  maxThreads: threads,
});

const endless = AbortSignal.timeout(ENDLESS_MILLISECONDS);
const [ending, ...outcomes] = await Promise.all([
  piscina.run(ENDLESS, { signal: endless }).then(
    () => 'ended by itself',
    (/** @type {Error} */ error) => error.name,
  ),
  ...Array.from({ length: threads * PROGRAMS_PER_THREAD }, () => piscina.run(PROGRAM)),
]);
const wrong = outcomes.filter((/** @type {Outcome} */ { result }) => result !== ANSWER);
const memory = sharedMemory();
const own = outcomes.map((/** @type {{ ownByteLength: number }} */ { ownByteLength }) => ownByteLength);

const table = new Table({ style: { head: [], border: [] } });
table.push(
  ['threads, and interpreters in each', `${threads} × ${interpreters}`],
  ['programs that found a clean interpreter', `${outcomes.length - wrong.length} of ${outcomes.length}`],
  ['a program without an end', ending],
  ['of its own, an interpreter has at most', mebibytes(Math.max(...own))],
  ...(memory === undefined
    ? []
    : [
        ['pages of snapshots, counted wherever they are mapped (Rss)', mebibytes(memory.mapped)],
        ['the same, counted once (Pss)', mebibytes(memory.counted)],
      ]),
);
console.log(table.toString());

await piscina.destroy();
await first.close();
if (wrong.length > 0 || ending !== 'AbortError') {
  console.error('that is not what it should be', wrong[0]);
  process.exitCode = 1;
}

/** @param {number} number */
function isCount(number) {
  return Number.isInteger(number) && number >= 1 && number <= 16;
}

/** What is mapped of snapshots in this process, if the system tells. */
function sharedMemory() {
  let text;
  try {
    text = readFileSync('/proc/self/smaps', 'utf8');
  } catch {
    return undefined;
  }
  const blocks = text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).filter((block) => block.includes('/memfd:pagefold-'));
  const sum = (/** @type {RegExp} */ field) =>
    blocks.reduce((bytes, block) => bytes + Number(field.exec(block)?.[1] ?? 0) * 1024, 0);
  return { mapped: sum(/^Rss:\s+(\d+) kB$/m), counted: sum(/^Pss:\s+(\d+) kB$/m) };
}

/** @param {number} byteLength */
function mebibytes(byteLength) {
  return `${(byteLength / MEBIBYTE).toFixed(1)} MiB`;
}
