import { MemoryView, type TrackerKind } from 'pagefold';

import type { Subject } from '../../harness/case.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import { spreadOf } from '../../harness/spread.ts';
import { heapContents, memoryWith, PAGE_BYTES } from '../reset/resident-heap.ts';

export const IN_JAVASCRIPT = 'view.reset() in JavaScript';

/** Cycles before the first one that counts, as in the Rust benchmark. */
const WARM_UP_CYCLES = 160;

interface Order {
  readonly byteLength: number;
  readonly dirtyPages: number;
  readonly cycles: number;
  readonly tracker: TrackerKind;
}

/** The same as the Rust benchmark does: so many pages, evenly over the memory; the median of the cycles. */
export function javascriptSubject({ byteLength, dirtyPages, cycles, tracker }: Order): Subject {
  const contents = heapContents(byteLength);
  const memory = memoryWith(contents);
  const bytes = new Uint8Array(memory.buffer);
  const view = MemoryView.adopt(memory, { tracker });
  const snapshot = view.snapshot();
  const offsets = evenOffsets(byteLength / PAGE_BYTES, dirtyPages);
  const write = (): void => {
    for (const offset of offsets) bytes[offset] = ~(contents[offset] as number);
  };
  const times = new Float64Array(cycles);
  const inside = new Float64Array(cycles);
  const run = (count: number): void => {
    for (let cycle = 0; cycle < count; cycle += 1) {
      write();
      const started = performance.now();
      const { microseconds } = view.reset();
      times[cycle] = (performance.now() - started) * 1000;
      inside[cycle] = microseconds;
    }
  };
  return {
    name: IN_JAVASCRIPT,
    check() {
      write();
      view.reset();
      checkSameBytes(bytes, contents, 'memory after the reset');
    },
    measure() {
      run(Math.min(WARM_UP_CYCLES, cycles));
      run(cycles);
      return { reset: spreadOf([...times]).median, 'of it in the core': spreadOf([...inside]).median };
    },
    dispose() {
      view.dispose();
      snapshot.dispose();
    },
  };
}

function evenOffsets(pages: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const page = Math.floor((index * pages) / count) + Math.floor(Math.floor(pages / count) / 2);
    return page * PAGE_BYTES + (page % PAGE_BYTES);
  });
}
