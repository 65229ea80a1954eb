import { memoryWith, PAGE_BYTES } from './resident-heap.ts';
import type { WayBack } from './way-back.ts';

/** The best that JavaScript can do alone: compares page by page and copies those that differ. */
export function copyDifferentPages(contents: Uint8Array): WayBack {
  const heap = new Uint8Array(memoryWith(contents).buffer);
  const current = Buffer.from(heap.buffer);
  const reset = (): void => {
    for (let start = 0; start < heap.length; start += PAGE_BYTES) {
      const end = start + PAGE_BYTES;
      if (current.compare(contents, start, end, start, end) !== 0) heap.set(contents.subarray(start, end), start);
    }
  };
  return { name: 'comparing pages in JavaScript', cycles: 8, heap, reset, dispose: () => undefined };
}
