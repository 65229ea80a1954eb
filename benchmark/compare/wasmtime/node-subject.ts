import { MemoryView } from 'pagefold';

import { burst, TOTAL, type Step } from '../../harness/burst.ts';
import type { Readings, Subject } from '../../harness/case.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import type { Guest } from './guest.ts';

export const PAGEFOLD_IN_NODE = 'pagefold in Node.js';

/** Until V8 has compiled all of it for speed, too, which takes some thousand calls and CPU time of other threads. */
const WARM_UP_BURSTS = 40;

type Run = (firstPage: number, dirtyPages: number, stride: number, residentPages: number) => number;

/** One instance in Node.js, reset after each call. */
export function nodeSubject({ module, contents, work, places }: Guest, cycles: number): Subject {
  const { exports } = new WebAssembly.Instance(module);
  const memory = exports['memory'] as WebAssembly.Memory;
  const run = exports['run'] as Run;
  const view = MemoryView.adopt(memory);
  const snapshot = view.snapshot();

  const { dirtyPages, stride, residentPages } = work;
  let cycle = 0;
  const call = (): void => {
    const place = places[cycle % places.length];
    cycle += 1;
    if (place === undefined) throw new RangeError('there is no place to write at');
    const checksum = run(place.firstPage, dirtyPages, stride, residentPages);
    if (checksum !== place.checksum) throw new WrongResult(`a call returned ${checksum} instead of ${place.checksum}`);
  };
  const steps: Step[] = [
    { part: 'call', run: call },
    { part: 'reset', run: () => void view.reset() },
  ];
  const measure = async (): Promise<Readings> => {
    const before = process.cpuUsage();
    const readings = await burst(steps, { cycles });
    // CPU time, as in the Rust program: on a busy machine, what runs long is made to wait in between.
    const { user, system } = process.cpuUsage(before);
    return { ...readings, [TOTAL]: (user + system) / cycles };
  };
  return {
    name: PAGEFOLD_IN_NODE,
    check() {
      for (let times = 0; times <= places.length; times += 1) {
        call();
        view.reset();
        checkSameBytes(view.bytes.subarray(0, contents.length), contents, 'memory after the reset');
      }
    },
    async warmUp() {
      for (let times = 0; times < WARM_UP_BURSTS; times += 1) await measure();
    },
    measure,
    dispose() {
      view.dispose();
      snapshot.dispose();
    },
  };
}
