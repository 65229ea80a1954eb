import { burst, type Step } from '../../harness/burst.ts';
import type { Subject } from '../../harness/case.ts';
import { collectGarbage } from '../../harness/collect-garbage.ts';
import { checkSameBytes } from '../../harness/same-bytes.ts';
import type { ScatteredWrites } from './scattered-writes.ts';
import type { WayBack } from './way-back.ts';

/** Bursts until the pages that are written in every cycle are known. */
const WARM_UP_BURSTS = 3;

/** A guest that writes, and a way back; both are timed. */
export function cycleSubject(way: WayBack, writes: ScatteredWrites, contents: Uint8Array): Subject {
  const steps: Step[] = [
    { part: 'guest', run: () => writes.run(way.heap) },
    { part: 'reset', run: () => way.reset() },
  ];
  // Only a new memory leaves garbage to speak of behind.
  const options = way.cycles < 8 ? { cycles: way.cycles, between: collectGarbage } : { cycles: way.cycles };
  return {
    name: way.name,
    everyRounds: way.everyRounds ?? 1,
    check() {
      writes.run(way.heap);
      writes.checkWritten(way.heap, contents);
      way.reset();
      checkSameBytes(way.heap, contents, 'memory after the reset');
    },
    async warmUp() {
      for (let times = 0; times < WARM_UP_BURSTS; times += 1) await burst(steps, options);
    },
    measure: () => burst(steps, options),
    dispose: () => way.dispose(),
  };
}
