// What is dropped without dispose(): descriptors, mappings and memory come back, and nothing shows through.
import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { lacks, skip, TRACKERS } from './helpers/skip.ts';

interface Counts {
  readonly descriptors: number;
  readonly mappings: number;
  readonly addressSpace: number;
}

interface Outcome {
  readonly isBack: boolean;
  readonly zeros: boolean;
  readonly before: Counts;
  readonly after: Counts;
}

const SCENARIOS: readonly [scenario: string, count: number][] = [
  ['memories', 3000],
  ['memories that grow', 300],
  ['memories with disposed views', 300],
  ['regions', 3000],
  ['regions never looked at', 3000],
  ['disposed regions', 3000],
  ['regions kept by weak references', 500],
  ['abandoned generators', 500],
  ['abandoned promises', 500],
  ['exceptions in scopes', 500],
  ['snapshots', 1000],
];

for (const [scenario, count] of SCENARIOS) {
  test.serial(`${count} ${scenario}, dropped`, async (t) => {
    if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
    const outcome = (await outcomeOf('garbage', { args: [scenario, String(count)] })) as Outcome;
    t.true(outcome.zeros, 'new memories are all zero');
    t.true(outcome.isBack, JSON.stringify(outcome));
  });
}

for (const tracker of TRACKERS) {
  test.serial(`${tracker}: 400 memories, dropped`, async (t) => {
    if (lacks(t, tracker)) return;
    if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
    const outcome = (await outcomeOf('garbage', { args: ['memories', '400', tracker] })) as Outcome;
    t.true(outcome.zeros, 'new memories are all zero');
    t.true(outcome.isBack, JSON.stringify(outcome));
  });
}
