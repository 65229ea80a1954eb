// What was not disposed: the list, and the one warning.
import { leaks, Region, type Leak } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { PAGE } from './helpers/pages.ts';

interface Outcome {
  readonly outcome?: { readonly listed?: Leak[] | number; readonly left?: number };
  readonly warnings: readonly { code: string; message: string; detail?: string }[];
}

async function leaking(way: string, debug?: string): Promise<Outcome> {
  return (await outcomeOf('leaking', { args: [way], env: { PAGEFOLD_DEBUG: debug } })) as Outcome;
}

for (const way of ['exposed', 'bare', 'vacuumed']) {
  test.serial(`regions that are dropped, ${way}, are warned of once`, async (t) => {
    const { warnings } = await leaking(way);
    t.is(warnings.length, 1);
    t.regex(warnings[0]?.message ?? '', /a region of 2097152 bytes was never disposed.*PAGEFOLD_DEBUG=leaks/);
    t.is(warnings[0]?.detail, undefined);
  });

  test.serial(`regions that are dropped, ${way}, are warned of with where they were made`, async (t) => {
    const { warnings } = await leaking(way, 'other, leaks');
    t.is(warnings.length, 1);
    t.regex(warnings[0]?.detail ?? '', /madeByThisFunction[^]*leaking\.[jt]s/);
  });
}

test.serial('snapshots that are dropped are warned of', async (t) => {
  const { warnings } = await leaking('snapshots');
  t.is(warnings.length, 1);
  t.regex(warnings[0]?.message ?? '', /a snapshot of 1048576 bytes/);
});

for (const way of ['small', 'disposed', 'kept']) {
  test.serial(`nobody is warned of what is ${way}`, async (t) => {
    const { warnings, outcome } = await leaking(way, 'leaks');
    t.deepEqual(warnings, []);
    if (way === 'kept') t.is(outcome?.listed, 10);
  });
}

test.serial('leaks() lists what is alive, with where it was made', async (t) => {
  const { outcome } = await leaking('alive', 'leaks');
  const listed = outcome?.listed as Leak[];
  t.deepEqual(
    listed.map(({ kind, byteLength }) => [kind, byteLength]),
    [
      ['region', 2 ** 21],
      ['snapshot', 2 ** 20],
      ['view', 0],
    ],
  );
  t.regex(listed[0]?.stack ?? '', /madeByThisFunction/);
  for (const { stack } of listed) t.regex(stack ?? '', /leaking\.[jt]s/);
  t.is(outcome?.left, 0);
});

test.serial('without debugging leaks() has no stacks', (t) => {
  const before = leaks().length;
  const region = Region.allocate(3 * PAGE);
  const listed = leaks();
  t.is(listed.length, before + 1);
  t.deepEqual(listed.at(-1), { kind: 'region', byteLength: 3 * PAGE, stack: undefined });
  region.dispose();
  t.is(leaks().length, before);
});
