/**
 * Fork and join: worker threads start from one snapshot, each with memory of its own, and what all of them have
 * changed becomes its next version.
 *
 *   node examples/fork-join.mjs [WORKERS]
 *
 * A WebAssembly module looks at a million samples. It fills a histogram, adds up, looks for the smallest and the largest,
 * throws darts at a circle, and writes a class for each sample. Nothing in it knows of threads. At the end the snapshot
 * holds, byte for byte, what one thread alone would have made.
 */

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import Table from 'cli-table3';
import { MemoryView, MergeRules, Snapshot, SnapshotDiff } from 'pagefold';
import loadWabt from 'wabt';

/** @import { SnapshotTicket } from 'pagefold' */

const PAGE_BYTES = 4096;
const WASM_PAGES = 128;
const SAMPLES = 2 ** 20;

/** Where things lie in the memory. */
const AT = {
  histogram: 65_536,
  sum: 69_632,
  hits: 69_640,
  least: 69_648,
  largest: 69_656,
  classes: 2 ** 20,
  samples: 2 ** 21,
};

/** How the changes of several workers are merged. The classes are not named: each worker writes others. */
const RULES = new MergeRules([
  { byteOffset: AT.histogram, count: 256, type: 'i32', operation: 'sum' },
  { byteOffset: AT.sum, count: 1, type: 'f64', operation: 'sum' },
  { byteOffset: AT.hits, count: 1, type: 'i64', operation: 'sum' },
  { byteOffset: AT.least, count: 1, type: 'f64', operation: 'min' },
  { byteOffset: AT.largest, count: 1, type: 'f64', operation: 'max' },
]);

const GUEST = `(module
  (import "host" "memory" (memory ${WASM_PAGES}))
  (func (export "run") (param $sample i32) (param $end i32)
    (local $value i32) (local $class i32) (local $slot i32) (local $dart i64) (local $x i64) (local $y i64)
    (loop $next
      (local.set $value (i32.load offset=${AT.samples} (i32.shl (local.get $sample) (i32.const 2))))
      (local.set $class (i32.shr_u (local.get $value) (i32.const 22)))
      (i32.store8 offset=${AT.classes} (local.get $sample) (local.get $class))

      (local.set $slot (i32.shl (local.get $class) (i32.const 2)))
      (i32.store offset=${AT.histogram} (local.get $slot)
        (i32.add (i32.load offset=${AT.histogram} (local.get $slot)) (i32.const 1)))

      (f64.store (i32.const ${AT.sum})
        (f64.add (f64.load (i32.const ${AT.sum})) (f64.convert_i32_u (local.get $value))))
      (f64.store (i32.const ${AT.least})
        (f64.min (f64.load (i32.const ${AT.least})) (f64.convert_i32_u (local.get $value))))
      (f64.store (i32.const ${AT.largest})
        (f64.max (f64.load (i32.const ${AT.largest})) (f64.convert_i32_u (local.get $value))))

      ;; a dart: two coordinates of 24 bits, from the number of the sample and its value
      (local.set $dart (i64.mul
        (i64.add (i64.extend_i32_u (local.get $value)) (i64.shl (i64.extend_i32_u (local.get $sample)) (i64.const 32)))
        (i64.const 6364136223846793005)))
      (local.set $dart (i64.mul
        (i64.xor (local.get $dart) (i64.shr_u (local.get $dart) (i64.const 29))) (i64.const 1442695040888963407)))
      (local.set $x (i64.shr_u (local.get $dart) (i64.const 40)))
      (local.set $y (i64.and (i64.shr_u (local.get $dart) (i64.const 16)) (i64.const 16777215)))
      (if (i64.lt_u
            (i64.add (i64.mul (local.get $x) (local.get $x)) (i64.mul (local.get $y) (local.get $y)))
            (i64.const ${2 ** 48}))
        (then (i64.store (i32.const ${AT.hits}) (i64.add (i64.load (i32.const ${AT.hits})) (i64.const 1)))))

      (local.set $sample (i32.add (local.get $sample) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $sample) (local.get $end))))))`;

/**
 * What a worker is given.
 *
 * @typedef {object} Task
 * @property {WebAssembly.Module} module
 * @property {SnapshotTicket} ticket of the snapshot that it starts from
 * @property {number} origin its number: changes are merged in this order
 * @property {number} first its first sample
 * @property {number} end after its last one
 */

/**
 * What a worker sends.
 *
 * @typedef {object} Answer
 * @property {number} origin
 * @property {number} entries runs of bytes that it has changed
 * @property {number} changedBytes
 * @property {Uint8Array<ArrayBuffer>} bytes its diff, encoded
 */

/** In a worker: runs the module on a private memory that begins as the snapshot, and sends what that has changed. */
async function work() {
  const { module, ticket, origin, first, end } = /** @type {Task} */ (workerData);
  const memory = newMemory();
  const view = MemoryView.adopt(memory);
  view.restore(Snapshot.attach(ticket));
  (await guestOn(module, memory))(first, end);
  const diff = view.diff({ origin });
  const bytes = diff.encode({ compression: 'lz4' });
  view.dispose();
  /** @type {Answer} */
  const answer = { origin, entries: diff.entryCount, changedBytes: diff.changedByteLength, bytes };
  parentPort?.postMessage(answer, [bytes.buffer]);
}

/** @param {number} workers */
async function forkAndJoin(workers) {
  const wabt = await loadWabt();
  const module = await WebAssembly.compile(new Uint8Array(wabt.parseWat('fork-join.wat', GUEST).toBinary({}).buffer));

  const memory = newMemory();
  prepare(memory);
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot({ rules: RULES, maxByteLength: memory.buffer.byteLength });

  // Fork: all workers read the pages of the one image, and copy those that they write to.
  const ticket = snapshot.share();
  const answers = await Promise.all(
    Array.from({ length: workers }, (_, origin) => {
      const [first, end] = [origin, origin + 1].map((part) => Math.floor((part * SAMPLES) / workers));
      return answerOf({ module, ticket, origin, first: first ?? 0, end: end ?? 0 });
    }),
  );

  // Join: the diffs come in any order, are merged in that of their origins, all of them or none.
  for (const { bytes } of answers.toReversed()) snapshot.queue(SnapshotDiff.decode(bytes));
  const { version, diffs, elementsWithoutEffect } = snapshot.sync();
  view.reset();

  const alone = newMemory();
  prepare(alone);
  (await guestOn(module, alone))(0, SAMPLES);
  if (Buffer.compare(new Uint8Array(memory.buffer), new Uint8Array(alone.buffer)) !== 0) {
    throw new Error('the workers together have made something else than one thread alone');
  }

  printSent(answers, memory.buffer.byteLength);
  console.log(`version ${version} from ${diffs} diffs; ${elementsWithoutEffect} changed elements without effect`);
  printResult(new DataView(memory.buffer));
  console.log('the same, byte for byte, as one thread alone');
  view.dispose();
  snapshot.dispose();
}

/** @param {Task} task @returns {Promise<Answer>} */
function answerOf(task) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`worker ${task.origin} ended with code ${code} and said nothing`)));
  });
}

function newMemory() {
  return new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
}

/** Samples from 1 to 2^30, and what is to be found smaller and larger. @param {WebAssembly.Memory} memory */
function prepare({ buffer }) {
  const samples = new Uint32Array(buffer, AT.samples, SAMPLES);
  let state = 0x9e3779b9;
  for (let index = 0; index < SAMPLES; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    samples[index] = (state >>> 2) + 1;
  }
  const view = new DataView(buffer);
  view.setFloat64(AT.least, Infinity, true);
  view.setFloat64(AT.largest, -Infinity, true);
}

/**
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 */
async function guestOn(module, memory) {
  const { exports } = await WebAssembly.instantiate(module, { host: { memory } });
  return /** @type {(first: number, end: number) => void} */ (exports['run']);
}

/**
 * @param {readonly Answer[]} answers
 * @param {number} memoryBytes
 */
function printSent(answers, memoryBytes) {
  const table = new Table({
    head: ['worker', 'runs changed', 'bytes changed', 'bytes sent', 'of the memory'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  for (const { origin, entries, changedBytes, bytes } of answers) {
    const share = `${((100 * bytes.length) / memoryBytes).toFixed(2)} %`;
    table.push([String(origin), inDigits(entries), inDigits(changedBytes), inDigits(bytes.length), share]);
  }
  console.log(table.toString());
  console.log(`the memory: ${inDigits(memoryBytes)} bytes, ${inDigits(memoryBytes / PAGE_BYTES)} pages`);
}

/** @param {number} value */
function inDigits(value) {
  return value.toLocaleString('en-US');
}

/** @param {DataView} memory */
function printResult(memory) {
  const hits = Number(memory.getBigInt64(AT.hits, true));
  const mean = memory.getFloat64(AT.sum, true) / SAMPLES;
  const [least, largest] = [AT.least, AT.largest].map((at) => memory.getFloat64(at, true));
  console.log(
    `samples from ${least} to ${largest}, mean ${mean.toFixed(1)}; pi is about ${((4 * hits) / SAMPLES).toFixed(4)}`,
  );
}

if (isMainThread) {
  const workers = Number(process.argv[2] ?? 4);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    console.error('Usage: node examples/fork-join.mjs [WORKERS]     from 1 to 64');
    process.exit(2);
  }
  await forkAndJoin(workers);
} else {
  await work();
}
