// Snapshots in files.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { MemoryView, PagefoldError, Snapshot } from 'pagefold';

import test, { type ExecutionContext } from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, PAGE, paint } from './helpers/pages.ts';
import { seeded } from './helpers/random.ts';
import { refused, rejected } from './helpers/refusal.ts';
import { skip } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

/** A snapshot with holes, and an end in the middle of a page. */
function sparse(byteLength = 20 * PAGE + 123): Snapshot {
  const bytes = new Uint8Array(byteLength);
  paint(bytes.subarray(PAGE, 3 * PAGE));
  paint(bytes.subarray(7 * PAGE, 7 * PAGE + 1));
  bytes[byteLength - 1] = 9;
  return Snapshot.capture(bytes);
}

function equal(one: Snapshot, other: Snapshot): boolean {
  return equalBytes(one.read(0, one.byteLength), other.read(0, other.byteLength));
}

/** Saves a snapshot in a new folder. */
function saved(t: ExecutionContext): { folder: string; path: string; snapshot: Snapshot } {
  const folder = temporaryFolder(t);
  const path = join(folder, 'a snapshot');
  const snapshot = sparse();
  snapshot.save(path);
  return { folder, path, snapshot };
}

test('a file keeps contents and identity', async (t) => {
  const { path, snapshot } = saved(t);
  for (const opened of [Snapshot.open(path), await Snapshot.openAsync(path)]) {
    t.true(equal(opened, snapshot));
    const { id, version, byteLength, storedByteLength } = snapshot;
    t.like(opened, { id, version, byteLength, storedByteLength });
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }));
    view.bytes.fill(0xee);
    view.restore(opened);
    opened.dispose();
    view.bytes.fill(0xdd);
    view.reset();
    t.true(equalBytes(view.bytes.subarray(0, snapshot.byteLength), snapshot.read(0, snapshot.byteLength)));
    t.is(view.bytes[2 * WASM_PAGE - 1], 0);
    view.dispose();
  }
});

test('saveAsync writes what save writes', async (t) => {
  const { folder, path, snapshot } = saved(t);
  const other = join(folder, 'other');
  t.is(await snapshot.saveAsync(other), undefined);
  t.true(readFileSync(path).equals(readFileSync(other)));
});

test('snapshots of all zeros, of one byte, of one page', (t) => {
  const path = join(temporaryFolder(t), 'snapshot');
  for (const bytes of [new Uint8Array(100 * PAGE), Uint8Array.of(7), new Uint8Array(PAGE).fill(1)]) {
    const snapshot = Snapshot.capture(bytes);
    snapshot.save(path);
    t.true(equal(Snapshot.open(path), snapshot));
  }
});

test('a file costs the pages that are not zero', (t) => {
  const path = join(temporaryFolder(t), 'snapshot');
  const bytes = new Uint8Array(1000 * PAGE);
  bytes[500 * PAGE] = 1;
  Snapshot.capture(bytes).save(path);
  t.true(statSync(path).size <= 3 * PAGE);
});

test('only its owner can read a file', (t) => {
  if (process.platform === 'win32') return skip(t, 'file mode', 'Windows has none');
  const { path } = saved(t);
  t.is(statSync(path).mode & 0o777, 0o600);
});

test('saving over an older file replaces it, also one that others could read', (t) => {
  const { folder, path } = saved(t);
  const other = Snapshot.capture(new Uint8Array(PAGE).fill(5));
  other.save(path);
  t.true(equal(Snapshot.open(path), other));
  const open = join(folder, 'open');
  writeFileSync(open, 'something else', { mode: 0o666 });
  other.save(open);
  t.true(equal(Snapshot.open(open), other));
  if (process.platform !== 'win32') t.is(statSync(open).mode & 0o777, 0o600);
  t.deepEqual(readdirSync(folder).toSorted(), ['a snapshot', 'open'], 'no temporary file is left');
});

test('a snapshot that was opened does not change with its file', (t) => {
  const { path, snapshot } = saved(t);
  const opened = Snapshot.open(path);
  writeFileSync(path, 'overwritten in place');
  t.true(equal(opened, snapshot));
});

test('a link to a file can be opened', (t) => {
  const { folder, path, snapshot } = saved(t);
  symlinkSync(path, join(folder, 'link'));
  t.true(equal(Snapshot.open(join(folder, 'link')), snapshot));
});

test('a file that is missing, a folder, a folder that is missing', async (t) => {
  const { folder, snapshot } = saved(t);
  const missing = join(folder, 'missing');
  const error = refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Snapshot.open(missing));
  t.is(error.errno, 2);
  t.is(typeof error.syscall, 'string');
  t.true(error.message.includes(missing));
  t.is((await rejected(t, 'ERR_PAGEFOLD_SYSTEM', Snapshot.openAsync(missing))).errno, 2);
  refused(t, 'ERR_PAGEFOLD_NOT_A_SNAPSHOT', () => Snapshot.open(folder));
  await rejected(t, 'ERR_PAGEFOLD_NOT_A_SNAPSHOT', Snapshot.openAsync(folder));
  t.is(refused(t, 'ERR_PAGEFOLD_SYSTEM', () => snapshot.save(join(missing, 'file'))).errno, 2);
  t.is((await rejected(t, 'ERR_PAGEFOLD_SYSTEM', snapshot.saveAsync(join(missing, 'file')))).errno, 2);
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full', 'file'), '');
  refused(t, 'ERR_PAGEFOLD_SYSTEM', () => snapshot.save(join(folder, 'full')));
  t.deepEqual(readdirSync(folder).toSorted(), ['a snapshot', 'full'], 'no temporary file is left');
});

test('paths that are none', async (t) => {
  const { snapshot } = saved(t);
  for (const path of ['', 'a\0b']) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => Snapshot.open(path));
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => snapshot.save(path));
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', Snapshot.openAsync(path));
    await rejected(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', snapshot.saveAsync(path));
  }
  refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Snapshot.open('x'.repeat(100_000)));
});

test('special files are refused and not waited for', (t) => {
  for (const path of ['/dev/zero', '/dev/null', '/proc/self/maps'].filter((each) => existsSync(each))) {
    refused(t, 'ERR_PAGEFOLD_NOT_A_SNAPSHOT', () => Snapshot.open(path), path);
  }
  t.pass();
});

test('files that are no snapshots', (t) => {
  const path = join(temporaryFolder(t), 'file');
  const contents = ['', 'x', 'PGFOLDSN', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(100_000), '\0'.repeat(100_000)];
  for (const text of contents) {
    writeFileSync(path, text);
    refused(t, 'ERR_PAGEFOLD_NOT_A_SNAPSHOT', () => Snapshot.open(path), text.slice(0, 10));
  }
});

test('a file that is cut short anywhere', async (t) => {
  const { folder, path } = saved(t);
  const cut = join(folder, 'cut');
  const { size } = statSync(path);
  for (const length of [0, 1, 63, 64, 65, 100, PAGE - 1, PAGE, PAGE + 1, size - PAGE, size - 1]) {
    copyFileSync(path, cut);
    truncateSync(cut, length);
    const code = length < 64 ? 'ERR_PAGEFOLD_NOT_A_SNAPSHOT' : 'ERR_PAGEFOLD_SNAPSHOT_CORRUPT';
    refused(t, code, () => Snapshot.open(cut), `${length} bytes`);
    await rejected(t, code, Snapshot.openAsync(cut), `${length} bytes`);
  }
  writeFileSync(cut, Buffer.concat([readFileSync(path), Buffer.alloc(1)]));
  refused(t, 'ERR_PAGEFOLD_SNAPSHOT_CORRUPT', () => Snapshot.open(cut), 'one byte more');
});

test('a file that is altered anywhere', (t) => {
  const { folder, path, snapshot } = saved(t);
  const random = seeded(t);
  const altered = join(folder, 'altered');
  const original = readFileSync(path);
  const places = [...Array(64).keys(), ...Array.from({ length: 300 }, () => random.below(original.length))];
  let refusals = 0;
  for (const place of places) {
    const bytes = Buffer.from(original);
    bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8));
    writeFileSync(altered, bytes);
    try {
      // Only the padding before the pages means nothing.
      t.true(equal(Snapshot.open(altered), snapshot), `byte ${place}`);
    } catch (error) {
      if (!(error instanceof PagefoldError)) throw error;
      t.regex(error.code, /^ERR_PAGEFOLD_(NOT_A_SNAPSHOT|SNAPSHOT_CORRUPT|UNSUPPORTED)$/);
      refusals++;
    }
  }
  t.true(refusals >= 64);
});

test('a header that promises the impossible', (t) => {
  const { folder, path } = saved(t);
  const hostile = join(folder, 'hostile');
  for (const offset of [8, 12, 16, 24]) {
    for (const value of [0n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 64n - 1n]) {
      const bytes = readFileSync(path);
      if (offset < 16) bytes.writeUInt32LE(Number(value & 0xffffffffn), offset);
      else bytes.writeBigUInt64LE(value, offset);
      writeFileSync(hostile, bytes);
      t.throws(() => Snapshot.open(hostile), { instanceOf: PagefoldError }, `${value} at ${offset}`);
    }
  }
});

test('a signal that has fired before', async (t) => {
  const { folder, path, snapshot } = saved(t);
  const signal = AbortSignal.abort('enough');
  t.is((await rejected(t, 'ERR_PAGEFOLD_ABORTED', Snapshot.openAsync(path, { signal }))).cause, 'enough');
  t.is(
    (await rejected(t, 'ERR_PAGEFOLD_ABORTED', snapshot.saveAsync(join(folder, 'new'), { signal }))).cause,
    'enough',
  );
  t.false(existsSync(join(folder, 'new')));
});

test('a signal that fires meanwhile', async (t) => {
  const { folder, path } = saved(t);
  const large = Snapshot.capture(new Uint8Array(64 << 20).fill(1));
  const other = join(folder, 'large');
  large.save(other);
  const before = readFileSync(path);
  for (const start of [
    (signal: AbortSignal) => large.saveAsync(path, { signal }),
    (signal: AbortSignal) => Snapshot.openAsync(other, { signal }),
  ]) {
    const controller = new AbortController();
    const promise = start(controller.signal);
    controller.abort(new Error('changed my mind'));
    const error = await rejected(t, 'ERR_PAGEFOLD_ABORTED', promise);
    t.is((error.cause as Error).message, 'changed my mind');
  }
  t.true(readFileSync(path).equals(before), 'the old file is as it was');
  t.deepEqual(readdirSync(folder).toSorted(), ['a snapshot', 'large'], 'no temporary file is left');
});

test('a signal that fires afterwards', async (t) => {
  const { folder, path, snapshot } = saved(t);
  const controller = new AbortController();
  const { signal } = controller;
  const opened = await Snapshot.openAsync(path, { signal });
  await snapshot.saveAsync(join(folder, 'new'), { signal });
  controller.abort();
  t.true(equal(opened, snapshot));
  t.true(equal(Snapshot.open(join(folder, 'new')), snapshot));
});

test('a snapshot that is disposed while it is saved', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'snapshot');
  const snapshot = Snapshot.capture(new Uint8Array(16 << 20).fill(3));
  const saving = snapshot.saveAsync(path);
  t.notThrows(() => snapshot.dispose());
  await saving;
  const opened = Snapshot.open(path);
  t.is(opened.byteLength, 16 << 20);
  t.is(opened.read((16 << 20) - 1, 1)[0], 3);
});

test('many at once', async (t) => {
  const folder = temporaryFolder(t);
  const snapshots = Array.from({ length: 30 }, (_, index) =>
    Snapshot.capture(new Uint8Array(PAGE + index).fill(index)),
  );
  const path = (index: number): string => join(folder, String(index % 10));
  await Promise.all(snapshots.map((snapshot, index) => snapshot.saveAsync(path(index))));
  const opened = await Promise.all(snapshots.map((_, index) => Snapshot.openAsync(path(index))));
  for (const [index, snapshot] of opened.entries()) {
    const original = snapshots.find(({ id }) => id === snapshot.id);
    t.true(original !== undefined && equal(original, snapshot), `file ${index % 10}`);
  }
  t.is(readdirSync(folder).length, 10);
});
