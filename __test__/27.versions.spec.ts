// The versions of a snapshot: writing, cutting off, forks, what has changed, files, and other threads.
import { copyFileSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import { MemoryView, MergeRules, Snapshot } from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { collectedUntil } from './helpers/garbage.ts';
import { WASM_PAGE } from './helpers/guest.ts';
import { filled, P, times } from './helpers/merging.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';
import { refused, rejected } from './helpers/refusal.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';
import { startWorker } from './helpers/worker.ts';

function captured(t: ExecutionContext, bytes: Uint8Array, maxByteLength = bytes.length): Snapshot {
  const snapshot = Snapshot.capture(bytes, { maxByteLength });
  t.teardown(() => snapshot.dispose());
  return snapshot;
}

function current(snapshot: Snapshot): Uint8Array {
  return snapshot.read(0, snapshot.byteLength);
}

test('IMG1: size, maximum, and parts', (t) => {
  const bytes = filled(2 * P, 3, { 120: times(100, 4) });
  t.is(captured(t, bytes).maxByteLength, 2 * P);
  const snapshot = captured(t, bytes, 2 * P + 123);
  t.deepEqual([snapshot.byteLength, snapshot.maxByteLength, snapshot.version], [2 * P, 2 * P + 123, 0]);
  t.true(equalBytes(current(snapshot), bytes));
  t.deepEqual([...snapshot.read(120, 100)], times(100, 4));
  t.deepEqual([snapshot.parent, snapshot.revision, snapshot.queued], [undefined, 0, 0]);
});

test('IMG5: what cannot be is refused', (t) => {
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => Snapshot.capture(filled(P), { maxByteLength: P - 1 }));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Snapshot.capture(filled(P), { maxByteLength: 0 }));
  const rules = new MergeRules([{ byteOffset: P, byteLength: P, type: 'raw', operation: 'xor' }]);
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => Snapshot.capture(filled(P), { rules, maxByteLength: P }));
  const snapshot = captured(t, filled(P));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => snapshot.read(P - 1, 2));
  refused(t, 'ERR_PAGEFOLD_ILLEGAL_REGION', () => snapshot.setRules(rules));
  t.is(snapshot.revision, 0);
});

test('rules are taken for the maximum of the snapshot', (t) => {
  const rules = new MergeRules([{ byteOffset: 8, byteLength: 'end', type: 'f64', operation: 'sum' }], {
    gap: 'ignore',
  });
  using free = Snapshot.capture(filled(P), { rules });
  t.deepEqual([free.maxByteLength, free.rules.equals(rules)], [2 ** 32, true]);
  using bound = Snapshot.capture(filled(P), { rules, maxByteLength: 3 * P });
  t.deepEqual([bound.maxByteLength, bound.rules.maxByteLength, bound.rules.gap], [3 * P, 3 * P, 'ignore']);
  t.deepEqual(bound.rules.coverage(16), [{ byteOffset: 16, byteLength: 3 * P - 16, type: 'f64', operation: 'sum' }]);
  bound.setRules(new MergeRules());
  t.deepEqual([bound.rules.regions.length, bound.revision, bound.maxByteLength, bound.version], [0, 1, 3 * P, 0]);
});

test('GRO1: writing grows a snapshot, with zeros in holes', (t) => {
  const snapshot = captured(t, filled(10 * P, 1), 20 * P);
  t.is(snapshot.write(filled(300, 5), 13 * P), 1);
  t.is(snapshot.byteLength, 13 * P + 300);
  t.is(snapshot.write(filled(200, 6), 15 * P), 2);
  t.is(snapshot.byteLength, 15 * P + 200);
  const expected = filled(15 * P + 200, 0, { [13 * P]: times(300, 5), [15 * P]: times(200, 6) });
  expected.fill(1, 0, 10 * P);
  t.true(equalBytes(current(snapshot), expected));
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  view.restore(snapshot);
  t.true(equalBytes(view.bytes.subarray(0, expected.length), expected));
  view.dispose();
  t.is(snapshot.write(new Uint8Array(0), 5), 2);
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => snapshot.write(filled(2), 20 * P - 1));
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => snapshot.write(filled(2), Number.MAX_SAFE_INTEGER));
  t.is(snapshot.version, 2);
});

test('GRO5: what was cut off reads as zeros', (t) => {
  const snapshot = captured(t, filled(10 * P, 7));
  t.is(snapshot.truncate(4 * P), 1);
  t.is(snapshot.truncate(6 * P), 2);
  const expected = filled(6 * P, 7);
  expected.fill(0, 4 * P);
  t.true(equalBytes(current(snapshot), expected));
  refused(t, 'ERR_PAGEFOLD_OVER_MAX', () => snapshot.truncate(10 * P + 1));
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  view.restore(snapshot);
  t.true(equalBytes(view.bytes.subarray(0, 6 * P), expected));
  snapshot.truncate(P);
  view.reset();
  t.deepEqual([view.bytes[P - 1], view.bytes[P]], [7, 0]);
  view.dispose();
});

test('a fork goes its own way', (t) => {
  const snapshot = captured(t, filled(4 * P, 1), 8 * P);
  snapshot.write(Uint8Array.of(5), 0);
  using fork = snapshot.fork();
  t.not(fork.id, snapshot.id);
  t.deepEqual(fork.parent, { id: snapshot.id, version: 1 });
  t.deepEqual([fork.version, fork.maxByteLength, fork.byteLength], [0, 8 * P, 4 * P]);
  fork.write(Uint8Array.of(6), 0);
  snapshot.write(Uint8Array.of(7), 1);
  t.deepEqual([...fork.read(0, 2), ...snapshot.read(0, 2)], [6, 1, 5, 7]);
});

test('CHG1: what has changed since a version', (t) => {
  const snapshot = captured(t, filled(4 * P));
  t.deepEqual(snapshot.changes(0), { from: 0, to: 0, byteLength: 4 * P, full: false, ranges: [] });
  snapshot.write(Uint8Array.of(0, 1, 2, 3), 0);
  snapshot.write(Uint8Array.of(3, 4, 5), 2 * P + 1);
  t.deepEqual(snapshot.changes(0), {
    from: 0,
    to: 2,
    byteLength: 4 * P,
    full: false,
    ranges: [
      { byteOffset: 0, bytes: Uint8Array.of(0, 1, 2, 3) },
      { byteOffset: 2 * P + 1, bytes: Uint8Array.of(3, 4, 5) },
    ],
  });
  t.deepEqual(
    snapshot.changes(1).ranges.map(({ byteOffset }) => byteOffset),
    [2 * P + 1],
  );
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => snapshot.changes(3));
  const [one, other] = snapshot.changes(0).ranges.map(({ bytes }) => bytes);
  structuredClone(one, { transfer: [one?.buffer as ArrayBuffer] });
  t.deepEqual(
    [one?.length, other],
    [0, Uint8Array.of(3, 4, 5)],
    'each has memory of its own, which a message can take',
  );
});

test('CHG2: a copy that follows misses nothing', (t) => {
  const snapshot = captured(t, filled(8 * P), 16 * P);
  let copy = current(snapshot);
  let known = snapshot.version;
  let seed = 1;
  for (let round = 0; round < 200; round++) {
    seed = (seed * 48_271) % 2_147_483_647;
    if (round % 17 === 16) snapshot.truncate(1 + (seed % (16 * P)));
    else snapshot.write(filled(1 + (seed % 3000), round), seed % (12 * P));
    if (round % 5 !== 4) continue;
    const { from, to, byteLength, full, ranges } = snapshot.changes(known);
    t.is(from, known);
    const next = new Uint8Array(byteLength);
    if (!full) next.set(copy.subarray(0, byteLength));
    for (const { byteOffset, bytes } of ranges) next.set(bytes, byteOffset);
    [copy, known] = [next, to];
    t.true(equalBytes(copy, current(snapshot)), `round ${round}`);
  }
});

test('a version that is too long ago is answered with everything', (t) => {
  const snapshot = captured(t, filled(8 * P, 0, { [3 * P]: [9] }));
  for (let round = 0; round < 1100; round++) snapshot.write(Uint8Array.of(1 + (round % 200)), P);
  const changes = snapshot.changes(0);
  t.true(changes.full);
  const copy = new Uint8Array(changes.byteLength);
  for (const { byteOffset, bytes } of changes.ranges) copy.set(bytes, byteOffset);
  t.true(equalBytes(copy, current(snapshot)));
  t.false(snapshot.changes(1000).full);
});

test('files that rest on one another', async (t) => {
  const folder = temporaryFolder(t);
  const path = (name: string): string => join(folder, name);
  const bytes = new Uint8Array(64 * PAGE);
  paint(bytes);
  const snapshot = captured(t, bytes, 80 * PAGE);
  snapshot.save(path('0'));
  const contents = [current(snapshot)];
  for (let version = 1; version <= 5; version++) {
    snapshot.write(filled(10, version), version * 3 * PAGE);
    if (version % 2 === 0) snapshot.save(path(`${version}`), { base: path(`${version - 1}`) });
    else await snapshot.saveAsync(path(`${version}`), { base: path(`${version - 1}`) });
    t.true(statSync(path(`${version}`)).size < 4 * PAGE, `version ${version}`);
    contents.push(current(snapshot));
  }
  for (const [version, expected] of contents.entries()) {
    using opened = Snapshot.open(path(`${version}`));
    t.deepEqual([opened.id, opened.version, opened.maxByteLength], [snapshot.id, version, 80 * PAGE]);
    t.true(equalBytes(current(opened), expected));
  }
  Snapshot.compact(path('4'));
  await Snapshot.compactAsync(path('5'));
  for (const gone of ['0', '1', '2', '3']) unlinkSync(path(gone));
  for (const version of [4, 5]) {
    using opened = await Snapshot.openAsync(path(`${version}`));
    t.true(equalBytes(current(opened), contents[version] ?? bytes));
  }
});

test('a base that does not fit is refused', async (t) => {
  const folder = temporaryFolder(t);
  const path = (name: string): string => join(folder, name);
  const snapshot = captured(t, filled(P, 1));
  const other = captured(t, filled(P, 1));
  other.save(path('other'));
  snapshot.save(path('first'));
  snapshot.write(Uint8Array.of(2), 0);
  refused(t, 'ERR_PAGEFOLD_STALE_BASE', () => snapshot.save(path('second'), { base: path('other') }));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => snapshot.save(path('first'), { base: path('first') }));
  refused(t, 'ERR_PAGEFOLD_SYSTEM', () => snapshot.save(path('second'), { base: path('missing') }));
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => snapshot.save(path('second'), { base: '' }));
  const elsewhere = temporaryFolder(t);
  copyFileSync(path('first'), join(elsewhere, 'first'));
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => snapshot.save(path('second'), { base: join(elsewhere, 'first') }));
  await rejected(t, 'ERR_PAGEFOLD_STALE_BASE', snapshot.saveAsync(path('second'), { base: path('other') }));
  const aborted = { base: path('first'), signal: AbortSignal.abort() };
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', snapshot.saveAsync(path('second'), aborted));
  await rejected(t, 'ERR_PAGEFOLD_ABORTED', Snapshot.compactAsync(path('first'), aborted));
  refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Snapshot.open(path('second')));
  snapshot.save(path('second'), { base: path('first') });
  unlinkSync(path('first'));
  refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Snapshot.open(path('second')));
});

test('a ticket leads to the same snapshot', (t) => {
  const snapshot = captured(t, filled(P, 1));
  const ticket = JSON.parse(JSON.stringify(snapshot.share())) as ReturnType<Snapshot['share']>;
  t.deepEqual(snapshot.share(), ticket);
  using attached = Snapshot.attach(ticket);
  t.not(attached, snapshot);
  t.is(attached.id, snapshot.id);
  attached.write(Uint8Array.of(9), 5);
  t.deepEqual([snapshot.version, snapshot.read(5, 1)[0]], [1, 9]);
  snapshot.dispose();
  using again = Snapshot.attach(ticket);
  t.is(again.read(5, 1)[0], 9);
});

test('a ticket keeps nothing alive', async (t) => {
  const snapshot = Snapshot.capture(filled(P, 1));
  const ticket = snapshot.share();
  snapshot.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => Snapshot.attach(ticket));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => snapshot.share());
  const forgotten = ((): ReturnType<Snapshot['share']> => Snapshot.capture(filled(P, 2)).share())();
  const isGone = await collectedUntil(() => {
    try {
      Snapshot.attach(forgotten).dispose();
      return false;
    } catch {
      return true;
    }
  });
  t.true(isGone);
});

test('tickets that are none', (t) => {
  const snapshot = captured(t, filled(P));
  const ticket = snapshot.share();
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => Snapshot.attach({ ...ticket, process: '0'.repeat(32) }));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => Snapshot.attach({ ...ticket, number: 2 ** 40 }));
  for (const junk of [undefined, null, 1, 'ticket', {}, { process: 1, number: 1 }, { ...ticket, number: '1' }]) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => Snapshot.attach(junk as never));
  }
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Snapshot.attach({ ...ticket, number: -1 }));
});

test('eight workers contribute to one snapshot, round after round', async (t) => {
  const [workers, rounds] = [8, 60];
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2, maximum: 2 }));
  const rules = new MergeRules([
    { byteOffset: 0, count: 1, type: 'i32', operation: 'sum' },
    { byteOffset: 4, count: 1, type: 'i32', operation: 'max' },
    { byteOffset: WASM_PAGE, byteLength: P, type: 'raw', operation: 'ignore' },
  ]);
  const snapshot = view.snapshot({ rules, maxByteLength: 2 * WASM_PAGE });
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const ticket = snapshot.share();
  const all = Array.from({ length: workers }, (_, index) =>
    startWorker('contribute', { ticket, index: index + 1, rounds, gate }),
  );
  const failed = new Promise<never>((_, reject) => {
    for (const worker of all) worker.once('error', reject);
  });
  const origins = all.map((worker) => new Promise<number[]>((resolve) => worker.once('message', resolve)));
  for (let round = 0; round < rounds; round++) {
    while (Atomics.load(gate, 0) < workers * (round + 1)) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 1)), failed]);
    }
    t.is(snapshot.queued, workers);
    const { version, diffs } = snapshot.sync();
    t.deepEqual([version, diffs], [round + 1, workers]);
    Atomics.store(gate, 1, round + 1);
    Atomics.notify(gate, 1);
  }
  const made = (await Promise.race([Promise.all(origins), failed])).flat();
  t.is(new Set(made).size, workers);
  view.reset();
  const numbers = new DataView(view.bytes.buffer);
  t.deepEqual([numbers.getInt32(0, true), numbers.getInt32(4, true)], [36 * rounds, (rounds - 1) * 100 + 8]);
  for (let index = 1; index <= workers; index++) {
    const written = view.bytes.subarray(4096 * index, 4096 * index + rounds);
    t.deepEqual(
      [...written],
      Array.from({ length: rounds }, (_, round) => 1 + (round % 255)),
    );
    t.is(view.bytes[WASM_PAGE + index], 0);
  }
  await Promise.all(all.map((worker) => worker.terminate()));
  t.is(snapshot.version, rounds);
  view.dispose();
  snapshot.dispose();
});

test('a disposed snapshot tells what it was, and does nothing', async (t) => {
  const snapshot = Snapshot.capture(filled(P, 1), { maxByteLength: 2 * P });
  snapshot.write(Uint8Array.of(1), P);
  const [id, { parent }] = [snapshot.id, snapshot];
  snapshot.dispose();
  t.deepEqual([snapshot.id, snapshot.version, snapshot.byteLength, parent], [id, 1, P + 1, undefined]);
  using other = Snapshot.capture(filled(P));
  using diff = other.diff(other);
  for (const call of [
    () => snapshot.maxByteLength,
    () => snapshot.revision,
    () => snapshot.rules,
    () => snapshot.queued,
    () => snapshot.setRules(new MergeRules()),
    () => snapshot.write(filled(1), 0),
    () => snapshot.truncate(1),
    () => snapshot.fork(),
    () => snapshot.diff(other),
    () => other.diff(snapshot),
    () => snapshot.queue(diff),
    () => snapshot.discard({ origin: 0, sequence: 0 }),
    () => snapshot.sync(),
    () => snapshot.changes(0),
    () => snapshot.share(),
  ]) {
    refused(t, 'ERR_PAGEFOLD_DISPOSED', call, String(call));
  }
  await rejected(t, 'ERR_PAGEFOLD_DISPOSED', snapshot.saveAsync('/nowhere'));
});
