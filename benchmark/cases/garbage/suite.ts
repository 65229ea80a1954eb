import { stats } from 'pagefold';

import type { Case } from '../../harness/case.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { leastOf, medianOf, ratioOf } from '../../harness/result.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { BARE, BYTE_LENGTH, DISPOSED, EXPOSED, peakOf, ways, type Way } from './ways.ts';

const ROUNDS = 3;
const PEAK_ROUNDS = 1;
const PRICED = 200;
/** About 60 MiB. */
const HEAP_OBJECTS = 500_000;
const MIB = 2 ** 20;

/** What a region costs that is disposed, and one that is left to the garbage collector; and how much of them there is. */
export const garbage: Suite = {
  name: 'garbage',
  shows: 'regions that are disposed, and regions that are left to the garbage collector',
  async run(bench) {
    const small = await bench.run(price(bench, 0));
    const heap = Array.from({ length: bench.quick ? 1000 : HEAP_OBJECTS }, (_, index) => ({ index, next: [index] }));
    const large = await bench.run(price(bench, heap.length));
    const peak = await bench.run(peaks(bench));
    if (bench.quick) return;
    for (const [result, name] of [
      [small, 'with a small heap'],
      [large, 'with a large heap'],
    ] as const) {
      const [bare, exposed] = [BARE, EXPOSED].map((way) => ratioOf(result, way, DISPOSED, 'a region'));
      bench.note(
        `${name}, a region that is dropped costs ${bare?.toFixed(1)} times (without a buffer) and ${exposed?.toFixed(1)} times ` +
          `(with one) what one that is disposed costs; ${leastOf(result, DISPOSED, 'a region').toFixed(1)} µs is the least`,
      );
    }
    const most = medianOf(peak, BARE, 'mapped');
    bench.figure({
      figure: '10,000 regions of 4 MiB without a buffer, dropped in one synchronous loop',
      wanted: '≤ 512 MiB mapped at a time',
      measured: `${most.toFixed(0)} MiB`,
      reached: most <= 512,
    });
  },
};

function price(bench: Bench, heapObjects: number): Case {
  const count = bench.quick ? 3 : PRICED;
  const used = async (way: Way): Promise<number> => {
    await settled();
    const started = performance.now();
    await peakOf({ name: way.name, use: way.use }, count);
    return ((performance.now() - started) * 1000) / count;
  };
  return {
    suite: 'garbage',
    name: 'price',
    title: `${count} regions of 4 MiB, beside a heap of ${heapObjects} objects`,
    params: { regionByteLength: BYTE_LENGTH, heapObjects },
    unit: 'us',
    rounds: bench.quick ? 1 : ROUNDS,
    subjects: ways.map((way) => ({
      name: way.name,
      check: () => checked(way),
      measure: async () => ({ 'a region': await used(way) }),
    })),
    ratios: [BARE, EXPOSED].map((of) => ({ of, to: DISPOSED })),
  };
}

function peaks(bench: Bench): Case {
  const count = bench.quick ? 20 : 10_000;
  return {
    suite: 'garbage',
    name: 'peak',
    title: `the most of ${count} regions of 4 MiB that is mapped at a time`,
    params: { regionByteLength: BYTE_LENGTH, count },
    unit: 'MiB',
    rounds: bench.quick ? 1 : PEAK_ROUNDS,
    subjects: ways.map((way) => ({
      name: way.name,
      check: () => checked(way),
      async measure() {
        await settled();
        return { mapped: (await peakOf(way, count)) / MIB };
      },
    })),
  };
}

/** Collects, and lets the engine give back what is dead, which takes it some turns. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    if (turn % 5 === 0) collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** All of it comes back, and what is disposed at once. */
async function checked(way: Way): Promise<void> {
  await settled();
  const before = stats().mappedByteLength;
  await peakOf(way, 10);
  if (way.name !== DISPOSED) await settled();
  const left = stats().mappedByteLength - before;
  // What was used last may still be in a register.
  const allowed = way.name === DISPOSED ? 0 : 2 * BYTE_LENGTH;
  if (left > allowed) throw new WrongResult(`${way.name}: ${left} bytes are left of 10 regions`);
}
