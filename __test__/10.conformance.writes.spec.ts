// Every tracker finds every kind of write, and nothing else.
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Snapshot } from 'pagefold';

import test from '#test';

import { equalBytes, flip, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { subject, SUBJECTS } from './helpers/subjects.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

for (const tracker of TRACKERS) {
  for (const kind of SUBJECTS) {
    const on = `${tracker}, ${kind}`;

    test(`${on}: reads do not count`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, guest, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      view.snapshot();
      let sum = 0;
      for (let index = 0; index < view.byteLength; index += 64) sum += view.bytes[index] ?? 0;
      for (let page = 0; page < 64; page++) sum += guest?.load(page * PAGE) ?? 0;
      t.true(sum > 0);
      t.deepEqual(pagesOf(view.dirty()), []);
      t.true(view.dirty().exact);
      dispose();
    });

    test(`${on}: stores of JavaScript count`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      const snapshot = view.snapshot();
      const { buffer, byteOffset } = view.bytes;
      view.bytes[0] = 0xee;
      view.bytes.set([0xee, 0xee], 3 * PAGE - 1);
      view.bytes.fill(0xee, 5 * PAGE, 6 * PAGE);
      view.bytes.copyWithin(8 * PAGE, 5 * PAGE, 5 * PAGE + 10);
      new DataView(buffer, byteOffset).setFloat64(10 * PAGE + 8, Math.PI);
      new Float32Array(buffer, byteOffset + 12 * PAGE, 1)[0] = 1.5;
      new BigUint64Array(buffer, byteOffset + 14 * PAGE, 1)[0] = 2n ** 63n;
      t.deepEqual(pagesOf(view.dirty()), [0, 2, 3, 5, 8, 10, 12, 14]);
      view.reset();
      t.true(equalBytes(view.bytes, snapshot.read(0, snapshot.byteLength)));
      t.deepEqual(pagesOf(view.dirty()), []);
      dispose();
    });

    test(`${on}: Atomics on a plain array count`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker);
      view.snapshot();
      const words = new Int32Array(view.bytes.buffer, view.bytes.byteOffset, view.byteLength / 4);
      Atomics.store(words, PAGE / 4, 7);
      Atomics.add(words, (3 * PAGE) / 4, 7);
      Atomics.compareExchange(words, (5 * PAGE) / 4, 0, 7);
      t.is(Atomics.load(words, (7 * PAGE) / 4), 0);
      t.deepEqual(pagesOf(view.dirty()), [1, 3, 5]);
      view.reset();
      t.deepEqual(
        [1, 3, 5].map((page) => Atomics.load(words, (page * PAGE) / 4)),
        [0, 0, 0],
      );
      dispose();
    });

    test(`${on}: TextEncoder.encodeInto and Buffer.write count`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker);
      view.snapshot();
      new TextEncoder().encodeInto('straße', view.bytes.subarray(2 * PAGE));
      Buffer.from(view.bytes.buffer, view.bytes.byteOffset + 4 * PAGE, 100).write('bytes', 'latin1');
      t.deepEqual(pagesOf(view.dirty()), [2, 4]);
      view.reset();
      t.is(view.bytes[2 * PAGE], 0);
      t.is(view.bytes[4 * PAGE], 0);
      dispose();
    });

    test(`${on}: system calls that fill the memory count`, async (t) => {
      if (lacks(t, tracker)) return;
      const file = join(temporaryFolder(t), 'bytes');
      writeFileSync(file, new Uint8Array(2 * PAGE).fill(0xaa));
      const { view, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      const snapshot = view.snapshot();
      for (let cycle = 0; cycle < 5; cycle++) {
        const descriptor = openSync(file, 'r');
        t.is(readSync(descriptor, view.bytes, (7 + cycle) * PAGE + 100, 2 * PAGE, 0), 2 * PAGE);
        closeSync(descriptor);
        t.deepEqual(pagesOf(view.dirty()), [7 + cycle, 8 + cycle, 9 + cycle]);
        view.reset();
        t.true(equalBytes(view.bytes, snapshot.read(0, snapshot.byteLength)));
      }
      dispose();
    });

    test(`${on}: 520 alternating pages`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker, 66);
      const pages = Array.from({ length: 520 }, (_, index) => 2 * index + 1);
      paint(view.bytes);
      const snapshot = view.snapshot();
      for (let cycle = 0; cycle < 3; cycle++) {
        for (const page of pages) flip(view.bytes, page * PAGE + cycle);
        t.deepEqual(pagesOf(view.dirty()), pages);
        t.deepEqual(pagesOf(view.dirty()), pages, 'asked again it answers the same');
        const report = view.reset();
        t.true(report.pagesRestored >= 520);
        t.true(equalBytes(view.bytes, snapshot.read(0, snapshot.byteLength)));
        t.deepEqual(pagesOf(view.dirty()), []);
      }
      dispose();
    });

    test(`${on}: every page, the first, the last, neighbours`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      const snapshot = view.snapshot();
      const count = view.byteLength / PAGE;
      const all = Array.from({ length: count }, (_, page) => page);
      for (const pages of [all, [0], [count - 1], [0, count - 1], [3, 4, 5], [3, 5], all]) {
        for (const page of pages) flip(view.bytes, (page + 1) * PAGE - 1);
        t.deepEqual(pagesOf(view.dirty()), pages);
        view.reset();
        t.true(equalBytes(view.bytes, snapshot.read(0, snapshot.byteLength)));
      }
      dispose();
    });

    test(`${on}: a snapshot, a restore and a reset each leave nothing dirty`, async (t) => {
      if (lacks(t, tracker)) return;
      const { view, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      view.snapshot();
      t.deepEqual(pagesOf(view.dirty()), []);
      view.bytes[0] = 9;
      view.snapshot();
      t.deepEqual(pagesOf(view.dirty()), []);
      view.bytes[PAGE] = 9;
      view.restore(Snapshot.capture(new Uint8Array(view.byteLength).fill(3)));
      t.deepEqual(pagesOf(view.dirty()), []);
      t.true(view.bytes.every((byte) => byte === 3));
      view.bytes[2 * PAGE] = 9;
      t.deepEqual(pagesOf(view.dirty()), [2]);
      view.reset();
      t.deepEqual(pagesOf(view.dirty()), []);
      t.is(view.tracker, tracker);
      dispose();
    });
  }

  test(`${tracker}: stores of a guest count`, async (t) => {
    if (lacks(t, tracker)) return;
    const { view, guest, dispose } = await subject('wasm', tracker);
    if (guest === undefined) throw new Error('a wasm subject has a guest');
    view.snapshot();
    guest.store(PAGE + 5, 1);
    guest.fill(4 * PAGE - 3, 2, PAGE + 6);
    t.deepEqual(pagesOf(view.dirty()), [1, 3, 4, 5]);
    view.reset();
    t.deepEqual([guest.load(PAGE + 5), guest.load(4 * PAGE), guest.load(5 * PAGE)], [0, 0, 0]);
    t.throws(() => guest.trap(9 * PAGE, 77), { instanceOf: WebAssembly.RuntimeError });
    t.deepEqual(pagesOf(view.dirty()), [9]);
    view.reset();
    t.is(guest.load(9 * PAGE), 0);
    guest.store(9 * PAGE, 5);
    t.deepEqual(pagesOf(view.dirty()), [9]);
    dispose();
  });
}
