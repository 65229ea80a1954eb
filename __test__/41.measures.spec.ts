// Operations in the performance timeline.
import { PerformanceObserver } from 'node:perf_hooks';

import { configureDiagnostics, MemoryView, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test from '#test';

import type * as Channels from '../ts/channels.ts';
import { outcomeOf } from './helpers/child.ts';
import { guest } from './helpers/guest.ts';
import { projectUrl } from './helpers/project.ts';

// What the pools call, as it is published.
const { publishLease } = (await import(projectUrl('dist', 'channels.js'))) as typeof Channels;

type Names = 'pagefold:snapshot' | 'pagefold:reset' | 'pagefold:lease';

function entries(name: Names): PerformanceMeasure[] {
  return performance.getEntriesByName(name, 'measure') as PerformanceMeasure[];
}

/** How many measures a snapshot and a reset lead to, with that value of PAGEFOLD_DEBUG. */
function measured(value: string | undefined): Promise<unknown> {
  return outcomeOf('measured', { env: { PAGEFOLD_DEBUG: value } });
}

function cleared(): void {
  for (const name of ['pagefold:snapshot', 'pagefold:reset', 'pagefold:lease']) performance.clearMeasures(name);
}

test.serial('off by default: the timeline stays empty', (t) => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  view.snapshot();
  view.reset();
  publishLease('acquire', {}, {}, 1);
  t.is(performance.getEntriesByType('measure').length, 0);
  view.dispose();
});

test.serial('on: snapshots, resets, restores and leases with their reports as plain data', async (t) => {
  configureDiagnostics({ measures: true });
  t.teardown(() => configureDiagnostics({ measures: false }));
  const before = performance.now();
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  const snapshot = view.snapshot();
  view.bytes[0] = 1;
  const report = view.reset();
  view.restore(snapshot);
  publishLease('discard', {}, {}, 5000, 'trap');
  const [captured] = entries('pagefold:snapshot');
  t.like(captured?.detail, { operation: 'capture', byteLength: 65_536, version: 0 });
  t.deepEqual(
    entries('pagefold:reset').map(({ detail }) => (detail as { operation: string }).operation),
    ['reset', 'restore'],
  );
  t.deepEqual(entries('pagefold:reset')[0]?.detail, { operation: 'reset', ...report });
  const [lease] = entries('pagefold:lease');
  t.deepEqual(lease?.detail, { operation: 'discard', microseconds: 5000, reason: 'trap' });
  for (const { startTime, duration } of [...entries('pagefold:snapshot'), ...entries('pagefold:reset')]) {
    t.true(startTime >= 0 && duration >= 0 && startTime + duration >= before);
    t.true(startTime + duration <= performance.now());
  }
  cleared();

  const instance = InstanceSnapshot.capture((await guest({ pages: 1 })).instance);
  instance.reset();
  t.is(entries('pagefold:reset').length, 1, 'one for the whole instance');
  instance.dispose();
  view.dispose();
  cleared();
});

test.serial('the timeline is bounded, and observers see all', async (t) => {
  configureDiagnostics({ measures: true });
  t.teardown(() => configureDiagnostics({ measures: false }));
  let resolve: (count: number) => void;
  const allSeen = new Promise<number>((settle) => (resolve = settle));
  let observed = 0;
  const observer = new PerformanceObserver((list) => {
    observed += list.getEntriesByName('pagefold:lease').length;
    if (observed >= 10_000) resolve(observed);
  });
  observer.observe({ entryTypes: ['measure'] });
  for (let index = 0; index < 10_000; index += 1) publishLease('acquire', {}, {}, 0);
  t.true(entries('pagefold:lease').length <= 8192);
  t.true(entries('pagefold:lease').length > 0);
  t.is(await allSeen, 10_000);
  observer.disconnect();
  configureDiagnostics({ measures: false });
  cleared();
  Snapshot.capture(new Uint8Array(1)).dispose();
  t.is(entries('pagefold:snapshot').length, 0, 'off again');
});

test.serial('switched on by the environment, alone and in a list', async (t) => {
  t.is(await measured('measures'), 2);
  t.is(await measured('leaks, measures'), 2);
  t.is(await measured('measure'), 0);
  t.is(await measured(undefined), 0);
});
