import { WrongResult } from '../../harness/wrong-result.ts';
import { PAGE_BYTES } from './resident-heap.ts';

/** A guest that writes to pages all over its memory, in no order: one byte a page. */
export class ScatteredWrites {
  readonly #byteOffsets: Uint32Array;

  constructor(byteLength: number, dirtyPages: number) {
    const stride = byteLength / PAGE_BYTES / dirtyPages;
    const random = seeded(dirtyPages);
    const offsets = Array.from({ length: dirtyPages }, (_, index) => {
      const page = Math.floor((index + random()) * stride);
      return page * PAGE_BYTES + Math.floor(random() * PAGE_BYTES);
    });
    this.#byteOffsets = Uint32Array.from(shuffled(offsets, random));
  }

  /** Changes every chosen byte, whatever it was. */
  run(heap: Uint8Array): void {
    const offsets = this.#byteOffsets;
    for (let index = 0; index < offsets.length; index += 1) {
      const offset = offsets[index] as number;
      heap[offset] = (heap[offset] as number) ^ 0xff;
    }
  }

  /** @throws {WrongResult} when a chosen byte is as it was. */
  checkWritten(heap: Uint8Array, before: Uint8Array): void {
    const missed = this.#byteOffsets.find((offset) => heap[offset] === before[offset]);
    if (missed !== undefined) throw new WrongResult(`the guest did not change byte ${missed}`);
  }
}

/** Numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function shuffled(values: number[], random: () => number): number[] {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [values[last], values[other]] = [values[other] as number, values[last] as number];
  }
  return values;
}
