// stats() says what the system says, and the budget refuses what it should.
import { readFileSync } from 'node:fs';

import { MemoryView, Region, setBudget, Snapshot, SnapshotDiff, stats } from 'pagefold';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { collectedUntil } from './helpers/garbage.ts';
import { PAGE } from './helpers/pages.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { skip } from './helpers/skip.ts';

const MIB = 2 ** 20;

test.serial('every object is counted when it is made and when it ends', (t) => {
  const before = stats();
  const region = Region.allocate(2 * PAGE);
  const view = region.view();
  const snapshot = view.snapshot();
  const diff = view.diff();
  const during = stats();
  for (const kind of ['regions', 'snapshots', 'diffs', 'views'] as const) {
    t.is(during[kind].live, before[kind].live + 1, kind);
  }
  for (const object of [diff, view, snapshot, region]) {
    object.dispose();
    object.dispose();
  }
  const after = stats();
  for (const kind of ['regions', 'snapshots', 'diffs', 'views'] as const) {
    t.is(after[kind].live, before[kind].live, kind);
    t.is(after[kind].disposed, before[kind].disposed + 1, kind);
  }
  t.is(after.mappedByteLength, before.mappedByteLength);
});

test.serial('mapped bytes are those of the system', (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const before = { counted: stats().mappedByteLength, listed: mappedRegionBytes() };
  const lengths = [1, PAGE, 3 * PAGE + 5, 10 * MIB + 1, 77 * MIB];
  const regions = lengths.map((length) => Region.allocate(length, { mappable: true, maxByteLength: 2 * length }));
  regions.forEach((region) => region.bytes.fill(1, 0, 1));
  const during = { counted: stats().mappedByteLength, listed: mappedRegionBytes() };
  t.true(during.counted > before.counted);
  t.is(during.counted - before.counted, during.listed - before.listed);
  for (const region of regions) region.dispose();
  t.is(stats().mappedByteLength, before.counted);
  t.is(mappedRegionBytes(), before.listed);
});

test.serial('anonymous regions are counted as far as they are mapped, and no further', (t) => {
  if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
  const gib = 2 ** 30;
  const before = { counted: stats().mappedByteLength, listed: writableBytes() };
  const regions = Array.from({ length: 64 }, () => Region.allocate(gib));
  const during = { counted: stats().mappedByteLength, listed: writableBytes() };
  t.is(during.counted - before.counted, 64 * gib);
  // The engine maps and unmaps, too: some tens of MiB.
  t.true(Math.abs(during.listed - before.listed - 64 * gib) < gib / 2);
  for (const region of regions) region.dispose();
  t.is(stats().mappedByteLength, before.counted);
  t.true(Math.abs(writableBytes() - before.listed) < gib / 2);
});

test.serial('resident and private bytes are those that were touched', (t) => {
  if (Number.isNaN(stats().residentByteLength)) return t.log('skipped: the kernel does not tell which pages are there');
  const before = stats();
  const region = Region.allocate(64 * MIB);
  const shared = Region.allocate(16 * MIB, { mappable: true });
  region.bytes.fill(1, 0, 5 * MIB);
  shared.bytes.fill(1, 0, 3 * MIB);
  const during = stats();
  t.is(during.mappedByteLength - before.mappedByteLength, 80 * MIB);
  const more = during.residentByteLength - before.residentByteLength;
  // Huge pages may come in whole.
  t.true(more >= 8 * MIB && more <= 12 * MIB, `${more} resident`);
  const own = during.privateByteLength - before.privateByteLength;
  t.true(own >= 5 * MIB && own <= more - 3 * MIB, `${own} private`);
  region.dispose();
  shared.dispose();
  t.is(stats().residentByteLength, before.residentByteLength);
});

test.serial('what snapshots share is stored once', (t) => {
  const before = stats().storedByteLength;
  const snapshot = Snapshot.capture(new Uint8Array(32 * PAGE).fill(1), { maxByteLength: 64 * PAGE });
  t.is(stats().storedByteLength - before, 32 * PAGE);
  const fork = snapshot.fork();
  t.is(stats().storedByteLength - before, 32 * PAGE);
  snapshot.dispose();
  fork.dispose();
  t.is(stats().storedByteLength, before);
});

test.serial('the ticket of a snapshot vanishes with it', (t) => {
  const before = stats().sharedSnapshots;
  const snapshot = Snapshot.capture(new Uint8Array(PAGE).fill(1));
  const ticket = snapshot.share();
  t.deepEqual(snapshot.share(), ticket);
  t.is(stats().sharedSnapshots, before + 1);
  const other = Snapshot.attach(ticket);
  snapshot.dispose();
  t.is(stats().sharedSnapshots, before + 1);
  other.dispose();
  t.is(stats().sharedSnapshots, before);
  t.throws(() => Snapshot.attach(ticket), { code: 'ERR_PAGEFOLD_DISPOSED' });
});

test.serial('10,000 tickets of snapshots that are dropped leave none', async (t) => {
  const before = stats().sharedSnapshots;
  const bytes = new Uint8Array(PAGE).fill(1);
  for (let count = 0; count < 10_000; count++) {
    const snapshot = Snapshot.capture(bytes);
    snapshot.share();
    if (count % 100 !== 0) snapshot.dispose();
  }
  t.true(await collectedUntil(() => stats().sharedSnapshots === before));
});

test('a view of a memory is counted, and owns nothing', (t) => {
  const before = stats();
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
  t.is(stats().views.live, before.views.live + 1);
  t.is(stats().mappedByteLength, before.mappedByteLength);
  view.dispose();
  const diff = SnapshotDiff.between(new Uint8Array(8), new Uint8Array(8));
  diff.dispose();
});

for (const [value, code] of [
  ['16m', 'none'],
  ['1G', 'none'],
  ['0', 'none'],
  ['', 'none'],
  ['many', 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
  ['-1', 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
  ['1.5g', 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
  ['99999999999999999999', 'ERR_PAGEFOLD_INVALID_ARGUMENT'],
] as const) {
  test(`PAGEFOLD_BUDGET=${value}: ${code}`, async (t) => {
    t.deepEqual(await outcomeOf('budget', { args: ['first'], env: { PAGEFOLD_BUDGET: value } }), { code });
  });
}

test('setBudget() refuses what is no number of bytes', (t) => {
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 60]) {
    t.throws(() => setBudget({ unreclaimedByteLength: wrong }), { code: 'ERR_PAGEFOLD_OUT_OF_RANGE' });
  }
  // @ts-expect-error that is no budget
  t.throws(() => setBudget({}), { code: 'ERR_PAGEFOLD_INVALID_ARGUMENT' });
});

test.serial('above the budget an allocation is refused, and one that can wait is not', async (t) => {
  const outcome = (await outcomeOf('budget', { args: ['refuse'], env: { PAGEFOLD_BUDGET: '32m' } })) as {
    [key: string]: number | string;
  };
  t.log(outcome);
  if ('deno' in process.versions && outcome['dropped'] === -1) {
    t.true((outcome['unreclaimed'] as number) <= 32 * MIB);
    return t.log(
      'skipped, the refusal: Deno finalizes buffers while it collects, so that the budget was never reached',
    );
  }
  t.true((outcome['dropped'] as number) >= 32 && (outcome['dropped'] as number) < 500);
  t.is(outcome['refused'], 'ERR_PAGEFOLD_BUDGET');
  t.true((outcome['unreclaimed'] as number) > 32 * MIB);
  t.is(outcome['allocated'], MIB);
  t.true((outcome['left'] as number) <= 32 * MIB);
});

test.serial('a budget that is set holds at once', async (t) => {
  const { dropped, raised } = (await outcomeOf('budget', { args: ['set'] })) as { dropped: number; raised: string };
  t.true(dropped >= 8 && dropped < 200, `${dropped} dropped`);
  t.is(raised, 'none');
});

test.serial('what can be reached never counts against the budget', async (t) => {
  const outcome = (await outcomeOf('budget', { args: ['live'] })) as Record<string, number>;
  t.deepEqual([outcome['sum'], outcome['unreclaimed']], [600, 0]);
  t.true((outcome['live'] ?? 0) >= 300);
});

test.serial('waiting for the budget can be aborted', async (t) => {
  const outcome = await outcomeOf('budget', { args: ['abort'] });
  t.deepEqual(outcome, { code: 'ERR_PAGEFOLD_ABORTED', cause: 'enough' });
});

/** Bytes of mappings of regions that belong to a memory file. */
function mappedRegionBytes(): number {
  return bytesOf((line) => line.includes('memfd:pagefold-region') && line.includes(' rw-'));
}

function writableBytes(): number {
  return bytesOf((line) => line.includes(' rw-p '));
}

function bytesOf(wanted: (line: string) => boolean): number {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n').filter(wanted);
  const sizes = lines.map((line) => {
    const [start = '0', end = '0'] = line.split(' ')[0]?.split('-') ?? [];
    return Number(BigInt(`0x${end}`) - BigInt(`0x${start}`));
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}
