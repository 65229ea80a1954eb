import { collectGarbage } from '../../harness/collect-garbage.ts';
import { memoryWith } from './resident-heap.ts';
import type { WayBack } from './way-back.ts';

/** Throws the memory away and fills a new one. Instantiating the module anew would come on top. */
export function newMemory(contents: Uint8Array): WayBack {
  let heap = new Uint8Array(memoryWith(contents).buffer);
  return {
    name: 'a new memory',
    cycles: 2,
    everyRounds: 4,
    get heap() {
      return heap;
    },
    reset() {
      heap = new Uint8Array(memoryWith(contents).buffer);
    },
    dispose: collectGarbage,
  };
}
