import type { Subject } from '../../harness/case.ts';
import { runBareLoop, type BareOrder } from './bare-loop.ts';

/** A process of its own each round, so that the rounds of both languages alternate. */
export function rustSubject(name: string, binary: string, order: BareOrder): Subject {
  return {
    name,
    check: () => void runBareLoop(binary, { ...order, quick: true }),
    measure: () => ({ reset: runBareLoop(binary, order) }),
  };
}
