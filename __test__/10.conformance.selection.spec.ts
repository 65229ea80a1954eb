// Which tracker is used, and why not a better one.
import { doctor, MemoryView, Region, type RejectedTracker, type TrackerKind } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { lacks, skip, TRACKERS } from './helpers/skip.ts';

interface Outcome {
  readonly code?: string;
  readonly message?: string;
  readonly tracker?: TrackerKind;
  readonly rejected?: readonly RejectedTracker[];
  readonly dirty?: number;
  readonly byte?: number;
}

async function adoptedWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  return (await outcomeOf('adopt', {
    args,
    env: { PAGEFOLD_TRACKER: undefined, PAGEFOLD_DISABLE: undefined, ...env },
  })) as Outcome;
}

test('a named tracker is used', (t) => {
  for (const tracker of TRACKERS) {
    if (lacks(t, tracker)) continue;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), { tracker });
    t.is(view.tracker, tracker);
    t.deepEqual(view.rejected, []);
    view.dispose();
    const region = Region.allocate(100);
    t.is(region.view(0, undefined, { tracker }).tracker, tracker);
    region.dispose();
  }
});

test('auto uses the one that doctor() announces', (t) => {
  const { tracker = 'compare', trackers } = doctor();
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), { tracker: 'auto' });
  t.is(view.tracker, tracker);
  const better = trackers.slice(
    0,
    trackers.findIndex(({ name }) => name === tracker),
  );
  t.deepEqual(
    view.rejected.map(({ tracker: name, reason }) => ({ name, available: false, reason })),
    better,
  );
  view.dispose();
});

for (const tracker of TRACKERS) {
  test(`${tracker}, by name, is refused when PAGEFOLD_DISABLE names it`, async (t) => {
    const outcome = await adoptedWith({ PAGEFOLD_DISABLE: ` ${tracker},nonsense` }, tracker);
    t.is(outcome.code, 'ERR_PAGEFOLD_UNSUPPORTED');
    t.regex(outcome.message ?? '', new RegExp(tracker));
    t.regex(outcome.message ?? '', /environment/);
  });

  test(`PAGEFOLD_TRACKER=${tracker} chooses it`, async (t) => {
    if (lacks(t, tracker)) return;
    t.like(await adoptedWith({ PAGEFOLD_TRACKER: tracker }), { tracker, dirty: 1, byte: 0 });
  });
}

test('an option wins over PAGEFOLD_TRACKER', async (t) => {
  t.like(await adoptedWith({ PAGEFOLD_TRACKER: 'uffd-wp' }, 'compare'), { tracker: 'compare', dirty: 1 });
});

test('PAGEFOLD_TRACKER with another value is refused', async (t) => {
  const outcome = await adoptedWith({ PAGEFOLD_TRACKER: 'best' });
  t.is(outcome.code, 'ERR_PAGEFOLD_INVALID_ARGUMENT');
  t.regex(outcome.message ?? '', /'best'/);
});

test('an empty PAGEFOLD_TRACKER counts as none', async (t) => {
  t.like(await adoptedWith({ PAGEFOLD_TRACKER: '' }), { dirty: 1, byte: 0 });
});

test('auto falls back, and says why', async (t) => {
  const { trackers } = doctor();
  if (trackers.some(({ available }) => !available)) return skip(t, 'choice of trackers', 'only some work here');
  const fallbacks: [string, TrackerKind, TrackerKind[]][] = [
    ['uffd-wp', 'cow-private', ['uffd-wp']],
    ['uffd-wp,cow-private', 'pagemap-read', ['uffd-wp', 'cow-private']],
    ['uffd-wp,cow-private,pagemap-read', 'compare', ['uffd-wp', 'cow-private', 'pagemap-read']],
    ['cow-private', 'uffd-wp', []],
  ];
  for (const [disabled, tracker, passedOver] of fallbacks) {
    const outcome = await adoptedWith({ PAGEFOLD_DISABLE: disabled });
    t.like(outcome, { tracker, dirty: 1, byte: 0 });
    t.deepEqual(
      outcome.rejected?.map((each) => each.tracker),
      passedOver,
    );
    for (const { reason } of outcome.rejected ?? []) t.regex(reason, /environment/);
  }
});

test('without any tracker nothing is adopted', async (t) => {
  const outcome = await adoptedWith({ PAGEFOLD_DISABLE: TRACKERS.join() });
  t.is(outcome.code, 'ERR_PAGEFOLD_UNSUPPORTED');
  for (const tracker of TRACKERS) t.regex(outcome.message ?? '', new RegExp(tracker));
});
