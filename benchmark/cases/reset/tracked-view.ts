import { MemoryView, type TrackerKind } from 'pagefold';

import { memoryWith } from './resident-heap.ts';
import type { WayBack } from './way-back.ts';

/** Cheap as they are, many: the first one of a burst finds cold caches. */
const CYCLES = 64;

export function trackedName(tracker: TrackerKind): string {
  return `pagefold, ${tracker}`;
}

export function trackedView(contents: Uint8Array, tracker: TrackerKind): WayBack {
  const memory = memoryWith(contents);
  const view = MemoryView.adopt(memory, { tracker });
  const snapshot = view.snapshot();
  return {
    name: trackedName(tracker),
    cycles: tracker === 'compare' ? 8 : CYCLES,
    heap: new Uint8Array(memory.buffer),
    reset: () => void view.reset(),
    dispose() {
      view.dispose();
      snapshot.dispose();
    },
  };
}
