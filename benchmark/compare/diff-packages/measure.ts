// A process of its own for each measurement: what one package leaves behind is no burden to the next, its peak of memory can
// be told, and it can be ended when it takes too long. Reads an order, writes an answer.
import { readFileSync } from 'node:fs';

import { checkSameBytes } from '../../harness/same-bytes.ts';
import type { Answer, Measurement, Order } from './measurement.ts';
import { makePair, type Pair } from './pair.ts';
import type { Codec } from './way.ts';
import { ways } from './ways/list.ts';

const MEBIBYTE = 2 ** 20;

async function measure({ way, layout, mebibytes, runs }: Order): Promise<Measurement> {
  const codec = await (await ways[way]()).open();
  try {
    // Compiles what will be measured, and takes no part.
    run(codec, makePair(layout, MEBIBYTE));
    const pair = makePair(layout, mebibytes * MEBIBYTE);
    const before = peakBytes();
    const results = Array.from({ length: runs }, () => run(codec, pair));
    return {
      encodeMilliseconds: Math.min(...results.map((each) => each.encodeMilliseconds)),
      decodeMilliseconds: Math.min(...results.map((each) => each.decodeMilliseconds)),
      deltaBytes: results[0]?.deltaBytes ?? Number.NaN,
      memoryBytes: peakBytes() - before,
    };
  } finally {
    codec.close?.();
  }
}

function run(codec: Codec, { before, after }: Pair): Omit<Measurement, 'memoryBytes'> {
  globalThis.gc?.();
  const started = performance.now();
  const delta = codec.encode(before, after);
  const encoded = performance.now();
  const result = codec.decode(before, delta);
  const decoded = performance.now();
  checkSameBytes(result, after, 'memory with the delta applied');
  return {
    encodeMilliseconds: encoded - started,
    decodeMilliseconds: decoded - encoded,
    deltaBytes: delta.length,
  };
}

/** The most memory that the process has had, in bytes; the kernel says kibibytes. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
const answer: Answer = await measure(order);
process.stdout.write(JSON.stringify(answer));
