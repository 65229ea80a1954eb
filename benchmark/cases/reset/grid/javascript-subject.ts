import { MemoryView } from 'pagefold';

import { TOTAL } from '../../../harness/burst.ts';
import type { Readings, Subject } from '../../../harness/case.ts';
import { collectGarbage } from '../../../harness/collect-garbage.ts';
import { checkSameBytes } from '../../../harness/same-bytes.ts';
import { WrongResult } from '../../../harness/wrong-result.ts';
import { heapContents, PAGE_BYTES } from '../resident-heap.ts';
import { BusyThread } from './busy-thread.ts';
import type { Cell } from './cell.ts';
import { cyclesOf, TRIES, WORTH_TRYING_MICROSECONDS } from './cycles.ts';
import { Guest } from './guest.ts';

const WASM_PAGES_PER_MEBIBYTE = 16;
/** The engine's last compiler takes thousands of calls, which slow cells do not get. */
const CALLS_UNTIL_COMPILED = 10_000;
const WARM_UP_MILLISECONDS = 1000;

/**
 * The part of a reset in JavaScript that is not spent in Rust's, whose report says how long that took; without what it takes to
 * look at the clock, 0.1 us, which no program does that wants to reset.
 */
export const CALL = 'call';

/** `view.reset()` in JavaScript, with a guest in JavaScript. */
export function javascriptSubject(name: string, cell: Cell): Subject {
  const image = heapContents(cell.resident * PAGE_BYTES);
  const wasmPages = cell.slotMebibytes * WASM_PAGES_PER_MEBIBYTE;
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages });
  new Uint8Array(memory.buffer).set(image);
  const view = MemoryView.adopt(memory, { tracker: 'uffd-wp' });
  const snapshot = view.snapshot();
  const words = new Uint32Array(memory.buffer);
  const guest = new Guest(cell);
  const busy = cell.busy ? new BusyThread() : undefined;
  let cycles = 4;
  let seen = 0;

  const timed = (count: number): Readings => {
    let [inGuest, inReset, inRust, atClock] = [0, 0, 0, 0];
    for (let cycle = 0; cycle < count; cycle += 1) {
      const began = performance.now();
      seen ^= guest.run(cycle, words);
      const written = performance.now();
      const { microseconds } = view.reset();
      const ended = performance.now();
      atClock += performance.now() - ended;
      inGuest += written - began;
      inReset += ended - written;
      inRust += microseconds;
    }
    const perCycle = (milliseconds: number): number => (milliseconds * 1000) / count;
    return {
      guest: perCycle(inGuest),
      reset: perCycle(inReset),
      [CALL]: perCycle(inReset - atClock) - inRust / count,
      [TOTAL]: perCycle(inGuest + inReset),
    };
  };
  const oneBurst = async (count: number): Promise<Readings> => {
    guest.plan(count);
    return busy === undefined ? timed(count) : busy.beside(() => timed(count));
  };
  const burst = async (count: number): Promise<Readings> => {
    for (let left = TRIES - 1; ; left -= 1) {
      const before = preemptions();
      const readings = await oneBurst(count);
      const long = (readings[TOTAL] ?? 0) * count > WORTH_TRYING_MICROSECONDS;
      if (left === 0 || long || preemptions() === before) return readings;
    }
  };
  return {
    name,
    check() {
      guest.plan(1);
      seen ^= guest.run(0, words);
      if (!guest.hasWritten(words)) throw new WrongResult('what the guest wrote does not show');
      view.reset();
      // Only what the guest can write: reading the rest would make it resident.
      checkSameBytes(view.bytes.subarray(0, image.length), image, 'memory after the reset');
    },
    async warmUp() {
      const end = performance.now() + WARM_UP_MILLISECONDS;
      for (let calls = 0; calls < CALLS_UNTIL_COMPILED && performance.now() < end; calls += cycles) {
        const { [TOTAL]: microseconds = 1 } = await burst(cycles);
        cycles = cyclesOf(microseconds, { arms: true });
      }
    },
    measure: () => burst(cycles),
    dispose() {
      busy?.dispose();
      view.dispose();
      snapshot.dispose();
      collectGarbage();
    },
  };
}

/** How often threads of this process were put aside for others. */
function preemptions(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}
