import { MemoryView, Region, type TrackerChoice } from 'pagefold';

import { guest, WASM_PAGE, type Guest } from './guest.ts';

/** A tracked memory of one of the two kinds that there are. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly view: MemoryView;
  /** The guest, when the memory is one's. */
  readonly guest: Guest | undefined;
  /** Makes the memory longer by 64 KiB. */
  readonly grow: () => void;
  readonly dispose: () => void;
}

/** Kinds of memories. */
export type SubjectKind = 'wasm' | 'region';

/** Every kind of memory. */
export const SUBJECTS: readonly SubjectKind[] = ['wasm', 'region'];

/** A memory of `chunks` times 64 KiB, tracked. */
export async function subject(kind: SubjectKind, tracker: TrackerChoice, chunks = 4): Promise<Subject> {
  return kind === 'wasm' ? wasmSubject(tracker, chunks) : regionSubject(tracker, chunks);
}

async function wasmSubject(tracker: TrackerChoice, chunks: number): Promise<Subject> {
  const made = await guest({ pages: chunks });
  const view = MemoryView.adopt(made.memory, { tracker });
  return { kind: 'wasm', view, guest: made, grow: () => void made.memory.grow(1), dispose: () => view.dispose() };
}

function regionSubject(tracker: TrackerChoice, chunks: number): Subject {
  const region = Region.allocate(chunks * WASM_PAGE, { maxByteLength: 1024 * WASM_PAGE });
  const view = region.view(0, undefined, { tracker });
  return {
    kind: 'region',
    view,
    guest: undefined,
    grow: () => region.grow(region.byteLength + WASM_PAGE),
    dispose: () => region.dispose(),
  };
}
