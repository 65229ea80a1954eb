import { MemoryView, type TrackerKind } from 'pagefold';

import type { Case, Subject } from '../../harness/case.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { loadAddon, loadReport } from './addon.ts';
import { repeatedCall } from './repeated-call.ts';

const BYTE_LENGTH = 65_536;
const CALLS = 10_000;

/** What a call of view.reset() is made of, on a memory of 64 KiB in which nothing was written. */
export async function pieces(tracker: TrackerKind, quick: boolean): Promise<Case> {
  const { NativeCancel, NativeView } = loadAddon();
  const { ReportSlots } = await loadReport();
  const calls = quick ? 1 : CALLS;

  const adopted = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const view = MemoryView.adopt(adopted, { tracker });
  const snapshot = view.snapshot();

  const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const native = new NativeView(buffer, 0, BYTE_LENGTH, BYTE_LENGTH, tracker, []);
  native.snapshot(buffer, 0, BYTE_LENGTH);
  const reset = native.resetter(0);
  const slots = new ReportSlots();
  slots.setByteLength(BYTE_LENGTH);
  const cancel = new NativeCancel();

  const piece = (name: string, call: () => unknown): Subject => ({
    name,
    check: () => void call(),
    measure: () => repeatedCall(call, calls),
  });
  const subjects: Subject[] = [
    piece('an empty JavaScript function', () => undefined),
    piece('performance.now()', () => performance.now()),
    piece('memory.buffer', () => adopted.buffer),
    piece('an empty method call of the addon', () => cancel.cancel()),
    piece('making the report object', () => slots.read(tracker, native)),
    {
      ...piece("the addon's reset, with its system calls", () => reset(buffer, slots.buffer)),
      dispose: () => native.dispose(buffer, 0, BYTE_LENGTH),
    },
    {
      name: 'view.reset(), all of it',
      check() {
        const { pagesRestored } = view.reset();
        if (pagesRestored !== 0) throw new WrongResult(`${pagesRestored} pages restored, and none was written`);
      },
      measure: () => ({ ...repeatedCall(() => view.reset(), calls), 'of it in the core': insideCore(view, calls) }),
      dispose() {
        view.dispose();
        snapshot.dispose();
      },
    },
  ];
  return {
    suite: 'overhead',
    name: 'pieces',
    title: 'what a call of view.reset() is made of; 64 KiB, nothing written',
    params: { byteLength: BYTE_LENGTH, dirtyPages: 0, tracker },
    unit: 'µs',
    rounds: 21,
    subjects,
  };
}

/** The mean of what the reports say. */
function insideCore(view: MemoryView, calls: number): number {
  let sum = 0;
  for (let index = 0; index < calls; index += 1) sum += view.reset().microseconds;
  return sum / calls;
}
