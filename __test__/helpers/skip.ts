import { doctor, type DoctorFinding, type TrackerKind } from 'pagefold';

import type { ExecutionContext } from '#test';

/** Every tracker, best first. */
export const TRACKERS: readonly TrackerKind[] = ['uffd-wp', 'cow-private', 'pagemap-read', 'compare'];

/**
 * Says that a test cannot run here, and why; the test then returns. Fails when `doctor()` finds the feature: what is
 * there has to be tested.
 */
export function skip(t: ExecutionContext, feature: string, reason: string): void {
  t.false(finding(feature)?.available ?? false, `${feature} is there, and this would be left out: ${reason}`);
  t.log(`skipped, no ${feature}: ${reason}`);
}

/** Whether this machine lacks a tracker or capability that `doctor()` knows; the test is then to return. */
export function lacks(t: ExecutionContext, feature: string): boolean {
  const found = finding(feature);
  if (found === undefined) throw new Error(`doctor() knows nothing of ${feature}`);
  if (!found.available) skip(t, feature, found.reason ?? 'doctor() gives no reason');
  return !found.available;
}

function finding(feature: string): DoctorFinding | undefined {
  const { trackers, capabilities } = doctor();
  return [...trackers, ...capabilities].find(({ name }) => name === feature);
}
