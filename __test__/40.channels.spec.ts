// What is published on the channels of node:diagnostics_channel.
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { statSync } from 'node:fs';
import { join } from 'node:path';

import {
  configureDiagnostics,
  MemoryView,
  PagefoldError,
  PagePool,
  Region,
  Snapshot,
  SnapshotDiff,
  type CopyMessage,
  type LeaseMessage,
  type PageLease,
  type ResetMessage,
  type SnapshotMessage,
} from 'pagefold';
import {
  InstanceSnapshot,
  type InstanceLease,
  type InstanceResetMessage,
  type InstanceResetReport,
} from 'pagefold/wasm';

import test from '#test';

import type * as Channels from '../ts/channels.ts';
import { runProgram } from './helpers/child.ts';
import { guest } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';
import { accounted, pooled, until } from './helpers/pooled.ts';
import { projectUrl } from './helpers/project.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

// What the pools call, as it is published.
const { publishLease } = (await import(projectUrl('dist', 'channels.js'))) as typeof Channels;

const MEBIBYTE = 2 ** 20;
const CHUNK = 65_536;

/** Collects what a channel publishes while `work` runs. */
async function published<T>(name: string, work: () => unknown): Promise<T[]> {
  const messages: T[] = [];
  const listen = (message: unknown): void => void messages.push(message as T);
  subscribe(name, listen);
  try {
    await work();
  } finally {
    unsubscribe(name, listen);
  }
  return messages;
}

function releaseLease(message: unknown): void {
  const { operation, lease } = message as LeaseMessage<object, InstanceLease<unknown> | PageLease>;
  if (operation === 'acquire') lease?.release();
}

function disposeView(message: unknown): void {
  (message as SnapshotMessage).view?.dispose();
}

function memory(byteLength = 4 * CHUNK): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: byteLength / CHUNK });
}

test.serial('a reset and a restore: the view, and the report that the caller gets', async (t) => {
  const view = MemoryView.adopt(memory());
  const first = view.snapshot();
  view.bytes[PAGE] = 1;
  const reports: unknown[] = [];
  const messages = await published<ResetMessage>('pagefold:reset', () => {
    reports.push(view.reset(), view.restore(first));
  });
  t.deepEqual(
    messages.map(({ operation }) => operation),
    ['reset', 'restore'],
  );
  t.deepEqual(
    messages.map(({ report }) => report),
    reports,
  );
  t.true(messages.every((message) => message.view === view && !('instance' in message)));
  t.is(messages[0]?.report.pagesDirty, 1);
  t.is(messages[1]?.report.strategy, 'remap');
  t.deepEqual(await published('pagefold:snapshot', () => view.reset()), []);
  view.dispose();
});

test.serial('what fails is not published', async (t) => {
  const view = MemoryView.adopt(memory());
  const messages = await published('pagefold:reset', () => {
    t.throws(() => view.reset(), { code: 'ERR_PAGEFOLD_NO_BASELINE' });
    view.dispose();
    t.throws(() => view.reset(), { code: 'ERR_PAGEFOLD_DISPOSED' });
  });
  t.deepEqual(messages, []);
  const snapshots = await published('pagefold:snapshot', async () => {
    t.throws(() => view.snapshot(), { code: 'ERR_PAGEFOLD_DISPOSED' });
    t.throws(() => Snapshot.open('/nowhere'), { code: 'ERR_PAGEFOLD_SYSTEM' });
    await t.throwsAsync(Snapshot.openAsync('/nowhere'), { code: 'ERR_PAGEFOLD_SYSTEM' });
  });
  t.deepEqual(snapshots, []);
});

test.serial('the reset of an instance is one message, when all of it was put back', async (t) => {
  const made = await guest({ pages: 4 });
  let restored = 0;
  const seen: number[] = [];
  const instance = InstanceSnapshot.capture(made.instance, { onRestore: () => void (restored += 1) });
  const listen = (): void => void seen.push(restored);
  subscribe('pagefold:reset', listen);
  const reports: InstanceResetReport[] = [];
  const messages = await published<InstanceResetMessage>('pagefold:reset', () => reports.push(instance.reset()));
  unsubscribe('pagefold:reset', listen);
  t.is(messages.length, 1);
  t.is(messages[0]?.instance, instance);
  t.is(messages[0]?.view, instance.view);
  t.is(messages[0]?.instanceReport, reports[0]);
  t.is(messages[0]?.report, reports[0]?.memory);
  t.deepEqual(seen, [1], 'the hook has run before the subscriber');
  t.is(
    (await published('pagefold:reset', () => instance.view.reset())).length,
    1,
    'the view by itself is published too',
  );
  instance.dispose();
});

test.serial('a hook that throws: no message, and the next reset is published again', async (t) => {
  const made = await guest({ pages: 4 });
  let fails = true;
  const instance = InstanceSnapshot.capture(made.instance, {
    onRestore: () => {
      if (fails) throw new Error('of the hook');
    },
  });
  const messages = await published('pagefold:reset', () => {
    t.throws(() => instance.reset(), { message: 'of the hook' });
    fails = false;
    instance.reset();
    instance.view.reset();
  });
  t.is(messages.length, 2);
  instance.dispose();
});

test.serial('snapshots: captured, opened, forked, merged', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'state');
  const view = MemoryView.adopt(memory());
  view.bytes[0] = 1;
  const messages = await published<SnapshotMessage>('pagefold:snapshot', async () => {
    const snapshot = view.snapshot();
    snapshot.save(path);
    Snapshot.capture(new Uint8Array(3 * PAGE)).dispose();
    Snapshot.open(path).dispose();
    (await Snapshot.openAsync(path)).dispose();
    snapshot.fork().dispose();
    view.bytes[1] = 2;
    snapshot.queue(view.diff());
    snapshot.sync();
  });
  t.deepEqual(
    messages.map(({ operation, report }) => [operation, report.version, report.byteLength, report.storedByteLength]),
    [
      ['capture', 0, 4 * CHUNK, PAGE],
      ['capture', 0, 3 * PAGE, 0],
      ['open', 0, 4 * CHUNK, PAGE],
      ['open', 0, 4 * CHUNK, PAGE],
      ['fork', 0, 4 * CHUNK, PAGE],
      ['sync', 1, 4 * CHUNK, PAGE],
    ],
  );
  t.is(messages[0]?.view, view);
  t.is(messages[0]?.snapshot, view.baseline);
  t.is(messages[5]?.snapshot, view.baseline);
  t.true(messages.slice(1).every((message) => message.view === undefined));
  t.true(messages.every(({ report }) => report.microseconds >= 0));
  view.dispose();
});

test.serial('copies above the threshold, each with its reason and its bytes', async (t) => {
  const path = join(temporaryFolder(t), 'state');
  const view = MemoryView.adopt(memory(2 * MEBIBYTE));
  view.bytes.fill(7);
  const shared = new Uint8Array(new SharedArrayBuffer(MEBIBYTE));
  const messages = await published<CopyMessage>('pagefold:copy', async () => {
    const snapshot = view.snapshot();
    snapshot.read(0, MEBIBYTE);
    snapshot.read(0, MEBIBYTE - 1);
    snapshot.save(path);
    await snapshot.saveAsync(path);
    Snapshot.compact(path);
    await Snapshot.compactAsync(path);
    Snapshot.open(path).dispose();
    view.bytes.fill(8, 0, MEBIBYTE);
    const diff = view.diff({ originals: true });
    diff.encode();
    t.is([...diff].length, 1);
    view.reset();
    snapshot.write(shared, 0);
    snapshot.changes(0);
    view.bytes[0] = 9;
    view.reset();
  });
  const size = statSync(path).size;
  const listed = messages.map(({ reason, byteLength }) => [reason, byteLength]);
  t.deepEqual(listed.slice(0, 7), [
    ['capture', 2 * MEBIBYTE],
    ['read', MEBIBYTE],
    ['save', size],
    ['save', size],
    ['compact', size],
    ['compact', size],
    ['open', 2 * MEBIBYTE],
  ]);
  const [diff, encode, entries, ...rest] = messages.slice(7);
  t.deepEqual([diff?.reason, diff?.byteLength], ['diff', 2 * MEBIBYTE], 'with originals');
  t.true(diff?.subject instanceof SnapshotDiff);
  t.is(encode?.reason, 'encode');
  t.true((encode?.byteLength ?? 0) >= MEBIBYTE);
  t.deepEqual([entries?.reason, entries?.byteLength], ['entries', 2 * MEBIBYTE]);
  const [reset, ...others] = rest;
  t.true(['copy-back', 'copy-all'].includes(reset?.reason ?? ''));
  t.is(reset?.byteLength, MEBIBYTE);
  t.is(reset?.subject, view);
  t.deepEqual(
    others.slice(0, 3).map(({ reason, byteLength }) => [reason, byteLength]),
    [
      ['shared-bytes', MEBIBYTE],
      ['write', MEBIBYTE],
      ['changes', MEBIBYTE],
    ],
  );
  // Forward maps or copies what lies elsewhere in the next version; mapping everything is no copy.
  t.true(others.slice(3).every(({ reason }) => reason === 'forward'));
  view.dispose();
});

test.serial('the threshold is settable, and checked', async (t) => {
  const snapshot = Snapshot.capture(new Uint8Array(3 * PAGE).fill(1));
  const copies = (): Promise<CopyMessage[]> => published('pagefold:copy', () => snapshot.read(0, 100));
  t.is((await copies()).length, 0);
  configureDiagnostics({ copyByteLength: 100 });
  t.is((await copies()).length, 1);
  for (const copyByteLength of [-1, 0.5, Number.NaN, '5', null]) {
    t.throws(() => configureDiagnostics({ copyByteLength: copyByteLength as number }), { instanceOf: PagefoldError });
  }
  for (const measures of ['yes', 1, null]) {
    t.throws(() => configureDiagnostics({ copyByteLength: 5, measures: measures as never }), {
      code: 'ERR_PAGEFOLD_INVALID_ARGUMENT',
    });
  }
  configureDiagnostics({});
  t.is((await published('pagefold:copy', () => snapshot.read(0, 99))).length, 0, 'a refused call has changed nothing');
  configureDiagnostics({ copyByteLength: MEBIBYTE });
  t.is((await copies()).length, 0);
  snapshot.dispose();
});

test.serial('leases: what the pools publish', async (t) => {
  const [pool, lease] = [{}, {}];
  publishLease('acquire', pool, lease, 0);
  const messages = await published<LeaseMessage>('pagefold:lease', () => {
    publishLease('acquire', pool, lease, 12);
    publishLease('discard', pool, lease, 34, 'trap');
    publishLease('rebuild', pool, undefined, 56, 'trap');
  });
  t.deepEqual(messages, [
    { operation: 'acquire', pool, lease, microseconds: 12, reason: undefined },
    { operation: 'discard', pool, lease, microseconds: 34, reason: 'trap' },
    { operation: 'rebuild', pool, lease: undefined, microseconds: 56, reason: 'trap' },
  ]);
  t.is(messages[0]?.pool, pool);
});

test.serial('without subscribers nobody is asked for anything', (t) => {
  for (const name of ['snapshot', 'reset', 'lease', 'copy']) {
    t.false(channel(`pagefold:${name}`).hasSubscribers, 'each test unsubscribes again');
  }
});

test.serial('a subscriber may reset, snapshot and dispose the very objects of the message', async (t) => {
  const view = MemoryView.adopt(memory());
  view.snapshot();
  view.bytes[0] = 1;
  let depth = 0;
  const again = (message: unknown): void => {
    const { view: subject } = message as ResetMessage;
    if (++depth > 3) return;
    subject.bytes[depth * PAGE] = 5;
    subject.reset();
  };
  subscribe('pagefold:reset', again);
  const outer = view.reset();
  unsubscribe('pagefold:reset', again);
  t.is(depth, 4);
  t.is(outer.pagesDirty, 1, 'the report is that of the outer reset');
  t.true(view.bytes.every((byte) => byte === 0));

  subscribe('pagefold:snapshot', disposeView);
  const snapshot = view.snapshot();
  unsubscribe('pagefold:snapshot', disposeView);
  t.true(view.disposed);
  t.false(snapshot.disposed);
  t.is(snapshot.byteLength, 4 * CHUNK);

  const region = Region.allocate(4 * CHUNK);
  const part = region.view();
  part.snapshot();
  const end = (): void => region.dispose();
  subscribe('pagefold:reset', end);
  t.is(part.reset().byteLength, 4 * CHUNK);
  unsubscribe('pagefold:reset', end);
  t.true(region.disposed);
  t.throws(() => part.reset(), { code: 'ERR_PAGEFOLD_DISPOSED' });
});

test.serial('a subscriber that disposes the snapshot for which shared bytes are copied', async (t) => {
  const snapshot = Snapshot.capture(new Uint8Array(2 * MEBIBYTE));
  const end = (): void => snapshot.dispose();
  subscribe('pagefold:copy', end);
  const shared = new Uint8Array(new SharedArrayBuffer(MEBIBYTE));
  t.throws(() => snapshot.write(shared, 0), { code: 'ERR_PAGEFOLD_DISPOSED' });
  unsubscribe('pagefold:copy', end);
  t.true(snapshot.disposed);
});

test.serial(
  'a subscriber that throws, or calls itself without end: the runtime reports it, and the reset returns',
  async (t) => {
    const { code, signal, stdout, stderr } = await runProgram('subscribers-that-throw');
    t.is(code, 0, `${signal}\n${stdout}\n${stderr}`);
    t.deepEqual(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''), {
      resets: 3,
      reported: 'own',
      clean: true,
      endless: true,
    });
  },
);

test.serial('leases of an InstancePool: acquired, waited for, released, discarded, rebuilt', async (t) => {
  const messages = await published<LeaseMessage>('pagefold:lease', async () => {
    const pool = await pooled({ size: 1 });
    const first = await pool.acquire();
    const waiting = pool.acquire();
    await new Promise((resolve) => setTimeout(resolve, 2));
    first.release();
    const second = await waiting;
    t.is(pool.tryAcquire(), undefined);
    second.discard();
    await t.throwsAsync(
      pool.run((guest) => guest.trap(0, 1)),
      { instanceOf: WebAssembly.RuntimeError },
    );
    await pool.run((guest) => guest.growTable(1));
    await until(() => pool.stats().idle === 1);
    t.throws(() => second.release(), { code: 'ERR_PAGEFOLD_LEASE_LOST' });
    await pool.close();
  });
  t.deepEqual(
    messages.map(({ operation, reason }) => [operation, reason]),
    [
      ['acquire', undefined],
      ['release', undefined],
      ['acquire', undefined],
      ['discard', 'discarded'],
      ['rebuild', undefined],
      ['acquire', undefined],
      ['discard', 'trap'],
      ['rebuild', undefined],
      ['acquire', undefined],
      // It was given back, and could not be put back.
      ['discard', 'tables'],
      ['release', undefined],
      ['rebuild', undefined],
    ],
  );
  t.is(new Set(messages.map(({ pool }) => pool)).size, 1);
  t.is(messages[0]?.lease, messages[1]?.lease);
  t.is(messages[2]?.lease, messages[3]?.lease);
  t.not(messages[0]?.lease, messages[2]?.lease);
  t.is(messages[0]?.microseconds, 0, 'it was there');
  t.true(Number(messages[2]?.microseconds) >= 1000, 'the second one had to wait for the timer');
  t.true(Number(messages[1]?.microseconds) >= 1000, 'and the first one was held as long');
  t.true(
    [4, 7, 11].every((index) => Number(messages[index]?.microseconds) > 0 && messages[index]?.lease === undefined),
  );
});

test.serial('leases of a PagePool: acquired, waited for, released', async (t) => {
  const pool = PagePool.create({ slots: 1, slotByteLength: PAGE });
  const early = pool.tryAcquire();
  const messages = await published<LeaseMessage>('pagefold:lease', async () => {
    early?.release();
    const first = await pool.acquire();
    const waiting = pool.acquire();
    t.is(pool.tryAcquire(), undefined);
    await new Promise((resolve) => setTimeout(resolve, 2));
    first.bytes[0] = 1;
    first.release();
    (await waiting).release();
    t.throws(() => first.release(), { code: 'ERR_PAGEFOLD_LEASE_LOST' });
    await t.throwsAsync(Promise.all([pool.acquire(), pool.acquire({ timeoutMs: 0 })]), {
      code: 'ERR_PAGEFOLD_POOL_TIMEOUT',
    });
  });
  t.deepEqual(
    messages.map(({ operation, pool: of }) => [operation, of === pool]),
    ['release', 'acquire', 'release', 'acquire', 'release', 'acquire'].map((operation) => [operation, true]),
  );
  t.is(messages[0]?.lease, early);
  t.is(messages[0]?.microseconds, 0, 'nobody had listened when it began');
  t.is(messages[1]?.lease, messages[2]?.lease);
  t.true(Number(messages[2]?.microseconds) >= 1000, 'held until the timer');
  t.true(Number(messages[3]?.microseconds) >= 1000, 'waited for as long');
  pool.close();
});

test.serial('a subscriber may release, discard and close what it is told of, of a PagePool as well', async (t) => {
  const pool = PagePool.create({ slots: 2, slotByteLength: PAGE });
  subscribe('pagefold:lease', releaseLease);
  const leases = [pool.tryAcquire(), await pool.acquire()];
  unsubscribe('pagefold:lease', releaseLease);
  t.true(leases.every((lease) => lease?.released));
  t.is(pool.stats().inUse, 0);
  const close = (): void => pool.close();
  subscribe('pagefold:lease', close);
  const last = pool.tryAcquire();
  unsubscribe('pagefold:lease', close);
  t.true(last?.released);
  t.throws(() => last?.bytes, { code: 'ERR_PAGEFOLD_LEASE_LOST' });
});

test.serial('a subscriber may release, discard and close what it is told of', async (t) => {
  const pool = await pooled({ size: 2 });
  subscribe('pagefold:lease', releaseLease);
  const lease = await pool.acquire();
  unsubscribe('pagefold:lease', releaseLease);
  t.true(lease.released);
  t.throws(() => lease.guest, { code: 'ERR_PAGEFOLD_LEASE_LOST' });
  await until(() => pool.stats().idle === 2);
  t.true(accounted(pool));

  const close = (): void => void pool.close();
  subscribe('pagefold:lease', close);
  const last = await pool.acquire();
  unsubscribe('pagefold:lease', close);
  t.true(pool.closed);
  last.guest.store(0, 1);
  last.release();
  t.true(accounted(pool));
});
