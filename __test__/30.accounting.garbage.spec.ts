// What nobody disposes, in a synchronous loop: the cases GC-… of the requirements, each by its number.
import type { LifeCounts } from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { outcomeOf } from './helpers/child.ts';

interface Outcome {
  readonly made: number;
  readonly most: { readonly live: number; readonly mapped: number; readonly unreclaimed: number };
  readonly code?: string;
  readonly major: number;
  readonly noticed: number;
  readonly regions: LifeCounts;
  readonly unreclaimed: number;
  readonly heap: number;
  readonly external: number;
}

const MIB = 2 ** 20;
const BOUND = 512 * MIB;
const isDeno = 'deno' in process.versions;
const isNode = !isDeno && !('bun' in process.versions);

async function dropped(t: ExecutionContext, way: string): Promise<Outcome> {
  const outcome = (await outcomeOf('dropped', { args: [way] })) as Outcome;
  t.log(outcome);
  return outcome;
}

/**
 * How many regions of 4 MiB may be there at once. Deno takes the hint of memory that it is told of, and collects late: the bound is
 * a wide one there, and still a bound.
 */
const MOST_LIVE = isDeno ? 3000 : 128;

for (const [id, way] of [
  ['GC-1 and GC-15', 'never exposed'],
  ['GC-3', 'never exposed, microtasks'],
] as const) {
  test.serial(`${id}: 10,000 regions of 4 MiB, ${way}, are given back while they are made`, async (t) => {
    const { made, most, code, regions, noticed } = await dropped(t, way);
    t.is(code, undefined);
    t.is(made, 10_000);
    // Were the sentinel kept alive by the call that looks for it, all 10,000 would be there.
    t.true(most.live <= MOST_LIVE, `${most.live} at once`);
    t.true(most.mapped <= MOST_LIVE * 4 * MIB, `${most.mapped / MIB} MiB at once`);
    t.true(regions.vacuumed > 6_000, `${regions.vacuumed} vacuumed`);
    t.true(noticed > 2);
    if (isDeno) t.log('with a wider bound: Deno collects late for memory that it is only told of');
  });
}

test.serial('GC-1: snapshots that are dropped in a synchronous loop are given back while they are made', async (t) => {
  const { made, most } = await dropped(t, 'snapshots');
  t.is(made, 2000);
  t.true(most.live < (isDeno ? 1900 : 500), `${most.live} at once`);
});

for (const [id, way] of [
  ['GC-1', 'exposed'],
  ['GC-3', 'exposed, microtasks'],
] as const) {
  test.serial(`${id}: 10,000 regions of 4 MiB, ${way}, are bounded by the budget`, async (t) => {
    const { made, most, code, unreclaimed } = await dropped(t, way);
    t.true(most.unreclaimed <= BOUND, `${most.unreclaimed / MIB} MiB unreclaimed`);
    t.true(code === 'ERR_PAGEFOLD_BUDGET' || made === 10_000, `${code} after ${made}`);
    // Not all of what is mapped is known to be dead: an engine collects when it sees fit.
    t.true(made === 10_000 || most.mapped <= 4 * BOUND, `${most.mapped / MIB} MiB mapped`);
    t.is(unreclaimed, 0, 'given back once the loop has ended');
  });
}

for (const way of ['exposed, asynchronous', 'exposed, a macrotask per 100']) {
  test.serial(`GC-2: 10,000 regions of 4 MiB, ${way}, are bounded, and none is refused`, async (t) => {
    const { made, most, code, unreclaimed } = await dropped(t, way);
    t.is(code, undefined);
    t.is(made, 10_000);
    t.true(most.mapped < 8 * BOUND, `${most.mapped / MIB} MiB mapped`);
    t.true(most.unreclaimed <= BOUND, `${most.unreclaimed / MIB} MiB unreclaimed`);
    t.is(unreclaimed, 0);
  });
}

for (const [id, way] of [
  ['GC-4', 'disposed'],
  ['GC-4', 'disposed, never exposed'],
  ['GC-5', 'disposed, with a large heap'],
] as const) {
  test.serial(`${id}: 10,000 regions of 4 MiB, ${way}, cause no collection`, async (t) => {
    const { most, code, major, regions, external, heap } = await dropped(t, way);
    t.is(code, undefined);
    t.deepEqual(regions, { live: 0, disposed: 10_001, vacuumed: 0, finalized: 0 });
    t.is(most.live, 0);
    t.is(most.unreclaimed, 0);
    if (!isNode) return t.log('skipped, the count of collections: only Node.js reports them');
    t.is(major, 0);
    // GC-13 counts exactly. Here the engine has external strings and buffers of its own, and nobody collects.
    t.true(Math.abs(external) <= MIB, `${external} bytes more than before`);
    if (id === 'GC-5') t.true(heap > 400 * MIB, `a heap of ${heap / MIB} MiB`);
  });
}

test.serial('GC-4: snapshots of a memory that is mostly empty, disposed, make no engine collect', async (t) => {
  const { made, major, noticed } = await dropped(t, 'disposed, snapshots of a sparse memory');
  t.is(made, 200);
  t.is(noticed, 0, 'none was looked for, so none was asked for');
  if (!isNode) return t.log('skipped, the count of collections: only Node.js reports them');
  // V8 collects for the buffer of 64 MiB that the snapshots are taken of.
  t.true(major <= 4, `${major} collections`);
});

test.serial('GC-17: weak references of the user delay, and do no harm', async (t) => {
  const { code, made, most } = await dropped(t, 'never exposed, weak references');
  t.is(code, undefined);
  t.is(made, 500);
  t.true(most.live <= 500);
});
