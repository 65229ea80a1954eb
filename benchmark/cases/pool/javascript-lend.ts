import { PagePool, Snapshot } from 'pagefold';

import type { Subject } from '../../harness/case.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { amount, times } from '../../harness/print/amount.ts';
import { medianOf, ratioOf } from '../../harness/result.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import { beginCase, RUN, rustSubject } from '../diff/rust-diffs.ts';
import { repeatedCall } from '../overhead/repeated-call.ts';
import { heapContents, memoryWith } from '../reset/resident-heap.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';

const BYTE_LENGTH = 64 * MEBIBYTE;
const CALLS = 100_000;
const MEMORIES = 3;
const WANTED_MICROSECONDS = 1;
const WANTED_RATIO = 500;

const POOL = 'tryAcquire(), release()';
const NEW_MEMORY = 'a new WebAssembly.Memory, the image copied in';
const PART = 'call';

/** A clean slot, handed out and taken back by JavaScript: against the same in Rust, and against a memory of its own. */
export const javascriptLend: PoolCase = async (bench, rust) => {
  const contents = heapContents(BYTE_LENGTH);
  const { subjects, facts } = await beginCase(rust, 'lend');
  const leases = facts['leases'] ?? Number.NaN;
  const ofRust = rustSubject(rust, subjects[0] ?? '', 0);
  const inRust: Subject = {
    ...ofRust,
    name: 'the same from Rust',
    measure: async () => ({ [PART]: ((await ofRust.measure())[RUN] ?? Number.NaN) / leases }),
  };
  const result = await bench.run({
    suite: 'pool',
    name: 'javascript-lend',
    title: 'a clean slot of 64 MiB, handed out and taken back from JavaScript',
    params: { byteLength: BYTE_LENGTH },
    unit: 'µs',
    rounds: 21,
    subjects: [...leased(contents, bench.quick ? 1 : CALLS), inRust, newMemory(contents)],
    ratios: [
      { of: POOL, to: inRust.name },
      { of: NEW_MEMORY, to: POOL },
    ],
  });
  if (bench.quick) return;
  const lend = medianOf(result, POOL, PART);
  bench.figure({
    figure: 'tryAcquire() and release() of a clean slot, from JavaScript',
    wanted: `≤ ${WANTED_MICROSECONDS} µs`,
    measured: amount(lend, 'µs'),
    reached: lend <= WANTED_MICROSECONDS,
  });
  const ratio = ratioOf(result, NEW_MEMORY, POOL, PART);
  bench.figure({
    figure: 'a WebAssembly.Memory of 64 MiB with the image copied in ÷ a clean slot, from JavaScript',
    wanted: `≥ ${times(WANTED_RATIO)}`,
    measured: times(ratio),
    reached: ratio >= WANTED_RATIO,
  });
};

/** What the lease costs, and what is added by naming what it is for, waiting for it, and looking at the bytes. */
function leased(contents: Uint8Array, calls: number): Subject[] {
  const pool = PagePool.create({ slots: 2, snapshot: Snapshot.capture(contents) });
  const check = (): void => {
    const lease = pool.tryAcquire();
    checkSameBytes(lease?.bytes ?? new Uint8Array(), contents, 'slot');
    lease?.bytes.fill(1);
    lease?.release();
  };
  const subject = (name: string, call: () => unknown): Subject => ({
    name,
    check,
    measure: () => repeatedCall(call, calls),
  });
  return [
    subject(POOL, () => pool.tryAcquire()?.release()),
    subject('the same with an affinity', () => pool.tryAcquire({ affinity: 'guest' })?.release()),
    {
      name: 'await acquire(), release()',
      check,
      async measure() {
        const started = performance.now();
        for (let index = 0; index < calls; index += 1) (await pool.acquire()).release();
        return { [PART]: ((performance.now() - started) * 1000) / calls };
      },
      dispose: () => pool.close(),
    },
  ];
}

function newMemory(contents: Uint8Array): Subject {
  return {
    name: NEW_MEMORY,
    everyRounds: 4,
    check: () => checkSameBytes(new Uint8Array(memoryWith(contents).buffer), contents, 'memory'),
    measure() {
      const readings = repeatedCall(() => memoryWith(contents), MEMORIES);
      collectGarbage();
      return readings;
    },
  };
}
