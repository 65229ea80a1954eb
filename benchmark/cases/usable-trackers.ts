import { doctor, type TrackerKind } from 'pagefold';

import type { Bench } from '../harness/suite.ts';

/** The trackers that work on this machine; says why the others do not. */
export function usableTrackers(bench: Bench): TrackerKind[] {
  const { trackers } = doctor();
  return trackers.flatMap(({ name, available, reason }) => {
    if (available) return name as TrackerKind;
    bench.note(`no ${name} on this machine: ${reason}`);
    return [];
  });
}
