import { PagePool, Region, Snapshot } from 'pagefold';

import type { Subject } from '../../harness/case.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import { repeatedCall } from '../overhead/repeated-call.ts';
import { heapContents, PAGE_BYTES } from '../reset/resident-heap.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';

const BYTE_LENGTH = 64 * MEBIBYTE;
const PAGES = 16;
const CYCLES = 256;

const COPY = 'write, copy everything back';
const RESET = 'write, view.reset()';

/** A whole use of a slot, against a region that is copied back or reset. */
export const javascriptCycle: PoolCase = async (bench) => {
  const contents = heapContents(BYTE_LENGTH);
  const cycles = bench.quick ? 1 : CYCLES;
  const pools = [pooled('release', contents, cycles), pooled('background', contents, cycles)];
  await bench.run({
    suite: 'pool',
    name: 'javascript-cycle',
    title: `${PAGES} pages of 64 MiB written and put back, from JavaScript`,
    params: { byteLength: BYTE_LENGTH, dirtyPages: PAGES },
    unit: 'µs',
    rounds: 21,
    subjects: [...pools, reset(contents, cycles), copied(contents, Math.min(cycles, 4))],
    ratios: pools.flatMap(({ name }) => [
      { of: COPY, to: name },
      { of: name, to: RESET },
    ]),
  });
};

function write(bytes: Uint8Array): void {
  const stride = BYTE_LENGTH / PAGES;
  for (let page = 0; page < PAGES; page += 1) bytes[page * stride + (page * PAGE_BYTES) / 2] = page + 1;
}

/** In the background nobody cleans here before the next one wants the slot: the turn of the event loop never ends. */
function pooled(cleaner: 'release' | 'background', contents: Uint8Array, cycles: number): Subject {
  const pool = PagePool.create({ slots: 1, snapshot: Snapshot.capture(contents), cleaner });
  const cycle = (): void => {
    const lease = pool.tryAcquire();
    if (lease === undefined) throw new Error('there is a slot');
    write(lease.bytes);
    lease.release();
  };
  return {
    name: `tryAcquire(), write, release(); cleaner '${cleaner}'`,
    check() {
      cycle();
      const lease = pool.tryAcquire();
      checkSameBytes(lease?.bytes ?? new Uint8Array(), contents, 'slot');
      lease?.release();
    },
    warmUp: () => void repeatedCall(cycle, cycles),
    measure: () => repeatedCall(cycle, cycles),
    dispose: () => pool.close(),
  };
}

function reset(contents: Uint8Array, cycles: number): Subject {
  const region = Region.allocate(BYTE_LENGTH);
  const view = region.view();
  view.restore(Snapshot.capture(contents));
  const { bytes } = region;
  const cycle = (): void => {
    write(bytes);
    view.reset();
  };
  return subject(RESET, bytes, contents, cycle, cycles, () => region.dispose());
}

function copied(contents: Uint8Array, cycles: number): Subject {
  const region = Region.allocate(BYTE_LENGTH);
  const { bytes } = region;
  bytes.set(contents);
  const cycle = (): void => {
    write(bytes);
    bytes.set(contents);
  };
  return subject(COPY, bytes, contents, cycle, cycles, () => region.dispose());
}

function subject(
  name: string,
  bytes: Uint8Array,
  contents: Uint8Array,
  cycle: () => void,
  cycles: number,
  dispose: () => void,
): Subject {
  return {
    name,
    check() {
      cycle();
      checkSameBytes(bytes, contents, 'region');
    },
    warmUp: () => void repeatedCall(cycle, cycles),
    measure: () => repeatedCall(cycle, cycles),
    dispose,
  };
}
