// Regions over files.
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { MemoryView, PagefoldError, Region } from 'pagefold';

import test from '#test';

import { filled } from './helpers/mappable.ts';
import { equalBytes, isZero, PAGE } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

const ACCESSES = ['copy-on-write', 'read-write'] as const;

for (const access of ACCESSES) {
  test(`${access}: a file, whole and in parts`, (t) => {
    const path = join(temporaryFolder(t), 'file');
    const bytes = filled(3 * PAGE + 100, 1);
    writeFileSync(path, bytes);
    for (const [byteOffset, byteLength] of [
      [undefined, undefined],
      [0, undefined],
      [PAGE, undefined],
      [3 * PAGE, undefined],
      [0, 1],
      [PAGE, PAGE],
      [2 * PAGE, PAGE + 100],
      [3 * PAGE, 100],
    ] as const) {
      const region = Region.open(path, { access, byteOffset, byteLength, name: 'part' });
      const from = byteOffset ?? 0;
      const length = byteLength ?? bytes.length - from;
      t.is(region.byteLength, length);
      t.is(region.maxByteLength, length);
      t.is(region.name, 'part');
      t.true(equalBytes(region.bytes, bytes.subarray(from, from + length)));
      const behind = new Uint8Array(region.bytes.buffer).subarray(Math.min(length, bytes.length - from));
      t.true(from + length < bytes.length || isZero(behind), 'what is behind the end of the file reads as zeros');
      region.dispose();
    }
    t.true(equalBytes(readFileSync(path), bytes));
  });

  test(`${access}: what is written`, (t) => {
    const path = join(temporaryFolder(t), 'file');
    const bytes = filled(PAGE + 100, 1);
    writeFileSync(path, bytes);
    const region = Region.open(path, { access });
    const other = Region.open(path, { access });
    region.bytes.set([1, 2, 3], PAGE - 1);
    new Uint8Array(region.bytes.buffer).fill(7, PAGE + 100);
    const expected = Uint8Array.from(bytes);
    if (access === 'read-write') expected.set([1, 2, 3], PAGE - 1);
    t.true(equalBytes(readFileSync(path), expected), 'and nothing behind the end reaches the file');
    t.true(equalBytes(other.bytes, expected));
    t.is(statSync(path).size, PAGE + 100);
    region.dispose();
    other.dispose();
    t.true(equalBytes(readFileSync(path), expected));
  });

  test(`${access}: a file that is removed, replaced or made longer while it is mapped`, (t) => {
    if (access === 'read-write' && lacks(t, 'shared-mapping')) return;
    const path = join(temporaryFolder(t), 'file');
    const bytes = filled(2 * PAGE, 1);
    writeFileSync(path, bytes);
    const region = Region.open(path, { access });
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
    view.snapshot();
    writeFileSync(path, 'more', { flag: 'a' });
    t.is(region.byteLength, 2 * PAGE, 'it stays as long as it was');
    rmSync(path);
    writeFileSync(path, 'another file');
    view.map(region, { byteOffset: PAGE });
    t.true(equalBytes(view.bytes.subarray(PAGE, 3 * PAGE), bytes));
    view.bytes.fill(9, PAGE, 3 * PAGE);
    t.is(region.bytes[0], access === 'read-write' ? 9 : bytes[0]);
    region.dispose();
    t.true(view.bytes.subarray(PAGE, 3 * PAGE).every((byte) => byte === 9));
    view.reset();
    t.true(isZero(view.bytes));
    t.is(readFileSync(path, 'utf8'), 'another file');
    view.dispose();
  });

  test(`${access}: what cannot be opened`, (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'file');
    writeFileSync(path, filled(2 * PAGE + 10, 1));
    for (const [byteOffset, byteLength] of [
      [0, 2 * PAGE + 11],
      [0, 3 * PAGE],
      [PAGE, 2 * PAGE],
      [2 * PAGE, 11],
      [3 * PAGE, undefined],
      [3 * PAGE, 1],
      [2 ** 40, undefined],
      [Number.MAX_SAFE_INTEGER, undefined],
      [0, Number.MAX_SAFE_INTEGER],
      [0, 0],
    ] as const) {
      const message = `${byteLength} from ${byteOffset}`;
      refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.open(path, { access, byteOffset, byteLength }), message);
    }
    for (const byteOffset of [1, 512, PAGE - 1, PAGE + 1]) {
      refused(t, 'ERR_PAGEFOLD_UNALIGNED', () => Region.open(path, { access, byteOffset }), String(byteOffset));
    }
    writeFileSync(join(folder, 'empty'), '');
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.open(join(folder, 'empty'), { access }));
    mkdirSync(join(folder, 'folder'));
    refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => Region.open(join(folder, 'folder'), { access }));
    symlinkSync('nowhere', join(folder, 'broken'));
    for (const missing of ['missing', 'broken', 'folder/missing']) {
      const error = refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Region.open(join(folder, missing), { access }));
      t.is(error.errno, 2);
      t.true(error.message.includes(missing));
    }
    t.is(refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Region.open(join(path, 'below'), { access })).errno, 20);
    for (const special of ['/dev/null', '/dev/zero', '/dev/tty', '/dev/full']) {
      t.throws(() => Region.open(special, { access }), { instanceOf: PagefoldError }, special);
    }
    symlinkSync('file', join(folder, 'link'));
    const region = Region.open(join(folder, 'link'), { access });
    t.is(region.byteLength, 2 * PAGE + 10, 'a link is followed');
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.grow(2 * PAGE + 11));
    region.grow(2 * PAGE + 10);
    refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => region.view());
    region.dispose();
  });
}

test('a file that may only be read', (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, filled(10, 1));
  chmodSync(path, 0o400);
  Region.open(path).dispose();
  if (process.getuid?.() === 0) {
    // Everything is allowed to this user, apart from files of the kernel.
    const error = refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => Region.open('/proc/version'));
    t.true(error.message.includes('/proc/version'));
    return t.log('skipped, read-only files: this user may write to all of them');
  }
  const error = refused(t, 'ERR_PAGEFOLD_SYSTEM', () => Region.open(path, { access: 'read-write' }));
  t.is(error.errno, 13);
  t.is(error.syscall, 'open');
});

test('a socket is no file', async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  for (const access of ACCESSES) refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => Region.open(path, { access }));
  await new Promise((resolve) => server.close(resolve));
});

test('a file that looks as if it could be mapped', (t) => {
  const path = '/sys/kernel/mm/transparent_hugepage/enabled';
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  t.throws(() => Region.open(path), { instanceOf: PagefoldError, code: 'ERR_PAGEFOLD_SYSTEM' });
  t.true(isZero(view.bytes), 'nothing is lost by trying');
  view.dispose();
});

test('two accesses of one file in one memory', (t) => {
  if (lacks(t, 'shared-mapping')) return;
  const path = join(temporaryFolder(t), 'file');
  const bytes = filled(PAGE, 1);
  writeFileSync(path, bytes);
  const [mine, ours] = [Region.open(path), Region.open(path, { access: 'read-write' })];
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  view.snapshot();
  view.map(mine, { byteOffset: 0 });
  view.map(ours, { byteOffset: PAGE });
  view.bytes[PAGE] = 200;
  t.is(view.bytes[0], 200, 'what nobody has written yet shows the file as it is now');
  view.bytes[1] = 201;
  view.bytes[PAGE + 2] = 202;
  t.deepEqual([...view.bytes.subarray(0, 3)], [200, 201, bytes[2]]);
  t.deepEqual([...readFileSync(path).subarray(0, 3)], [200, bytes[1], 202]);
  view.reset();
  t.true(isZero(view.bytes));
  for (const each of [mine, ours, view]) each.dispose();
});
