// Misuse that could end in a fault: each group in a process of its own, so that a crash is a failed test.
import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

interface Outcome {
  readonly checks: number;
  readonly failures?: readonly string[];
}

for (const tracker of TRACKERS) {
  test(`${tracker}: calls from the middle of guest code and from accessors`, async (t) => {
    if (lacks(t, tracker)) return;
    t.true(((await outcomeOf('reentrancy', { args: [tracker] })) as Outcome).checks > 20);
  });

  test(`${tracker}: instances reset from the middle of guest code and from hooks`, async (t) => {
    if (lacks(t, tracker)) return;
    t.true(((await outcomeOf('reentrancy-instance', { args: [tracker] })) as Outcome).checks > 50);
  });
}

test('memories, buffers and arrays that lie', async (t) => {
  const { checks, failures } = (await outcomeOf('lies')) as Outcome;
  t.deepEqual(failures, []);
  t.true(checks > 100);
});

test('the addon, without its façade', async (t) => {
  t.true(((await outcomeOf('addon')) as Outcome).checks > 20);
});

test('frozen prototypes and objects', async (t) => {
  t.is(((await outcomeOf('frozen')) as Outcome).checks, 1);
});
