// Pools beside a plain model of them: counts add up, no slot has two holders, contents are the image.
import { doctor } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import type { Tally } from './helpers/pool-world.ts';
import { seeded } from './helpers/random.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

test.serial('1,000,000 random steps with the best tracker', async (t) => {
  const seed = String(seeded(t).below(2 ** 31));
  const tracker = doctor().tracker ?? 'compare';
  const tally = (await outcomeOf('pool-model', { args: [tracker, '1000000', seed] })) as Tally;
  t.log(tracker, tally);
  for (const what of [
    'taken',
    'refused',
    'acquired',
    'waited',
    'released',
    'written',
    'viewed',
    'aborted',
    'timeouts',
  ]) {
    t.true((tally[what] ?? 0) > 50, `${what}: ${tally[what]}`);
  }
  for (const what of ['resized', 'trimmed', 'turns', 'closed', 'versions']) {
    t.true((tally[what] ?? 0) > 10, `${what}: ${tally[what]}`);
  }
});

for (const tracker of TRACKERS) {
  test.serial(`${tracker}: 30,000 random steps`, async (t) => {
    if (lacks(t, tracker)) return;
    const seed = String(seeded(t).below(2 ** 31));
    const tally = (await outcomeOf('pool-model', { args: [tracker, '30000', seed] })) as Tally;
    t.true((tally['released'] ?? 0) > 5000 && (tally['viewed'] ?? 0) > 200, JSON.stringify(tally));
  });
}
