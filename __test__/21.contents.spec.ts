// Discarding, trimming, prefaulting, budgets, and taking what is dirty.
import { MemoryView, Region, type ResetReport } from 'pagefold';

import test from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { equalBytes, flip, isZero, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { subject, SUBJECTS } from './helpers/subjects.ts';

const PAGES_OF_WASM = WASM_PAGE / PAGE;

for (const tracker of TRACKERS) {
  for (const kind of SUBJECTS) {
    test(`${tracker}: discarding pages of a ${kind}`, async (t) => {
      if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
      const { view, grow, dispose } = await subject(kind, tracker);
      paint(view.bytes);
      view.bytes.fill(0, 30 * PAGE, 34 * PAGE);
      view.snapshot();
      grow();
      const baseline = Uint8Array.from(view.bytes);
      const all = baseline.length;
      for (const [offset, length] of [
        [0, PAGE],
        [7 * PAGE, 5 * PAGE],
        [28 * PAGE, 4 * PAGE],
        [31 * PAGE, 2 * PAGE],
        [4 * WASM_PAGE - PAGE, 3 * PAGE],
        [all - PAGE, PAGE],
        [0, all],
      ] as const) {
        view.bytes[offset] = 0xee;
        flip(view.bytes, offset + length - 1);
        flip(view.bytes, 20 * PAGE);
        const expected = Uint8Array.from(view.bytes);
        view.discard(offset, length);
        expected.fill(0, offset, offset + length);
        t.true(equalBytes(view.bytes, expected), `${length} bytes at ${offset}`);
        view.bytes[offset + 3] = 7;
        t.true(pagesOf(view.dirty()).includes(offset / PAGE));
        t.not(view.reset().strategy, 'remap');
        t.true(equalBytes(view.bytes, baseline), 'a reset brings the baseline back');
        t.deepEqual(pagesOf(view.dirty()), []);

        view.bytes.fill(0xee, offset, offset + length);
        flip(view.bytes, 20 * PAGE);
        expected.set(view.bytes);
        view.discard(offset, length, { contents: 'baseline' });
        expected.set(baseline.subarray(offset, offset + length), offset);
        t.true(equalBytes(view.bytes, expected), `${length} bytes at ${offset}, to the baseline`);
        const isInside = 20 * PAGE >= offset && 20 * PAGE < offset + length;
        t.deepEqual(pagesOf(view.dirty()), isInside ? [] : [20]);
        view.bytes[offset] = ~(view.bytes[offset] ?? 0);
        t.true(pagesOf(view.dirty()).includes(offset / PAGE), 'and is watched');
        view.reset();
        t.true(equalBytes(view.bytes, baseline));
      }
      dispose();
    });
  }

  test(`${tracker}: discarding without a baseline`, async (t) => {
    if (lacks(t, tracker)) return;
    const { view, guest, dispose } = await subject('wasm', tracker);
    view.bytes.fill(5);
    refused(t, 'ERR_PAGEFOLD_NO_BASELINE', () => view.discard(0, PAGE, { contents: 'baseline' }));
    t.is(view.bytes[0], 5);
    view.discard(PAGE, PAGE);
    t.is(guest?.load(PAGE), 0);
    t.is(guest?.load(2 * PAGE), 5);
    for (const call of [() => view.trim(), () => view.prefault(), () => view.dirty({ rearm: true })]) {
      refused(t, 'ERR_PAGEFOLD_NO_BASELINE', call);
    }
    view.snapshot();
    view.bytes.fill(6);
    view.reset();
    t.is(view.bytes[PAGE], 0);
    t.is(view.bytes[2 * PAGE], 5);
    dispose();
  });

  test(`${tracker}: the last page of a region, in part`, (t) => {
    if (lacks(t, tracker)) return;
    const region = Region.allocate(2 * PAGE + 10, { maxByteLength: 4 * PAGE });
    const view = region.view(0, undefined, { tracker });
    view.bytes.fill(3);
    view.snapshot();
    view.discard(2 * PAGE, 10);
    view.discard(0, 2 * PAGE + 10, { contents: 'baseline' });
    t.true(view.bytes.every((byte) => byte === 3));
    refused(t, 'ERR_PAGEFOLD_UNALIGNED', () => view.discard(2 * PAGE, 9));
    refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => view.discard(2 * PAGE, PAGE));
    view.discard(0, 2 * PAGE + 10);
    t.true(isZero(view.bytes));
    region.grow(3 * PAGE);
    view.reset();
    t.true(view.bytes.subarray(0, 2 * PAGE + 10).every((byte) => byte === 3));
    t.true(isZero(view.bytes.subarray(2 * PAGE + 10)));
    region.dispose();
  });

  test(`${tracker}: trimming`, async (t) => {
    if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 16 }), { tracker, idleByteLength: 5 * PAGE + 1 });
    paint(view.bytes);
    const baseline = Uint8Array.from(view.bytes);
    view.snapshot();
    t.deepEqual(view.trim(), { pagesReleased: 0, privateByteLength: 0 });
    view.bytes.fill(0xee, 0, 40 * PAGE);
    view.reset();
    view.bytes[3] = 0xee;
    view.bytes[100 * PAGE] = 0xee;
    const contents = Uint8Array.from(view.bytes);
    t.deepEqual(view.trim(1000 * PAGE), { pagesReleased: 0, privateByteLength: 41 * PAGE });
    t.deepEqual(view.trim(20 * PAGE), { pagesReleased: 21, privateByteLength: 20 * PAGE });
    t.deepEqual(view.trim(), { pagesReleased: 15, privateByteLength: 5 * PAGE }, 'whole pages of the option');
    t.deepEqual(view.trim(0), { pagesReleased: 3, privateByteLength: 2 * PAGE }, 'what differs stays');
    t.true(equalBytes(view.bytes, contents));
    t.deepEqual(pagesOf(view.dirty()), [0, 100]);
    flip(view.bytes, 9 * PAGE);
    t.deepEqual(pagesOf(view.dirty()), [0, 9, 100]);
    view.reset();
    t.true(equalBytes(view.bytes, baseline));
    t.is(view.trim(0).privateByteLength, 0);
    view.dispose();
  });

  test(`${tracker}: prefaulting`, async (t) => {
    if (lacks(t, tracker)) return;
    const adopt = (): MemoryView => MemoryView.adopt(new WebAssembly.Memory({ initial: 16 }), { tracker });
    const first = adopt();
    paint(first.bytes);
    const snapshot = first.snapshot();
    t.deepEqual(first.prefault(), { pageCount: 0 }, 'nothing is known yet');
    for (let cycle = 0; cycle < 20; cycle++) {
      for (let page = 0; page < 60; page += 2) flip(first.bytes, page * PAGE);
      first.reset();
    }
    const second = adopt();
    second.restore(snapshot);
    t.deepEqual(second.prefault(), { pageCount: 30 });
    t.deepEqual(second.prefault(), { pageCount: 30 });
    t.true(equalBytes(second.bytes, first.bytes));
    t.deepEqual(pagesOf(second.dirty()), []);
    flip(second.bytes, 3 * PAGE);
    flip(second.bytes, 4 * PAGE);
    t.deepEqual(pagesOf(second.dirty()), [3, 4]);
    second.reset();
    t.true(equalBytes(second.bytes, first.bytes));
    for (const view of [first, second]) view.dispose();
  });

  test(`${tracker}: a budget of private bytes`, (t) => {
    if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
    for (const pages of [0, 7, 50]) {
      const residentByteLength = pages * PAGE + (pages > 0 ? 100 : 0);
      const options = { tracker, residentByteLength, verify: 'always' } as const;
      const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 16 }), options);
      paint(view.bytes);
      const baseline = Uint8Array.from(view.bytes);
      view.snapshot();
      for (let cycle = 0; cycle < 20; cycle++) {
        for (let page = 0; page < 100; page++) flip(view.bytes, ((page * 3 + cycle) % 256) * PAGE);
        const report = view.reset();
        t.is(report.strategy, 'release');
        t.regex(report.reason, /residentByteLength/);
        t.true(report.pagesRestored <= pages && report.pagesReleased >= 100 - pages);
        t.true(equalBytes(view.bytes, baseline));
        t.true(view.trim(Number.MAX_SAFE_INTEGER).privateByteLength <= residentByteLength);
      }
      view.dispose();
    }
  });

  test(`${tracker}: a small budget is kept by small resets too`, (t) => {
    if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
    const options = { tracker, residentByteLength: 10 * PAGE };
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 16 }), options);
    paint(view.bytes);
    view.snapshot();
    for (let cycle = 0; cycle < 100; cycle++) {
      for (let page = 0; page < 4; page++) flip(view.bytes, (cycle * 2 + page) * PAGE);
      view.reset();
      t.true(view.trim(Number.MAX_SAFE_INTEGER).privateByteLength <= 10 * PAGE, `cycle ${cycle}`);
    }
    view.dispose();
  });

  test(`${tracker}: taking what is dirty`, async (t) => {
    if (lacks(t, tracker)) return;
    const { view, dispose } = await subject('wasm', tracker);
    paint(view.bytes);
    const baseline = Uint8Array.from(view.bytes);
    view.snapshot();
    const forgets = tracker === 'uffd-wp';
    const taken = (): number[] => {
      const report = view.dirty({ rearm: true });
      t.is(report.exact, forgets);
      t.is(report.reason === undefined, forgets);
      return pagesOf(report);
    };
    for (const page of [1, 2, 40]) flip(view.bytes, page * PAGE);
    t.deepEqual(taken(), [1, 2, 40]);
    t.deepEqual(taken(), forgets ? [] : [1, 2, 40]);
    for (const page of [2, 50]) flip(view.bytes, page * PAGE + 1);
    t.deepEqual(taken(), forgets ? [2, 50] : [1, 2, 40, 50]);
    t.deepEqual(pagesOf(view.dirty()), [1, 2, 40, 50], 'what differs still differs');
    t.deepEqual(pagesOf(view.dirty({ rearm: false })), [1, 2, 40, 50]);
    flip(view.bytes, 40 * PAGE);
    t.true(taken().includes(40), 'a page that went back has changed');
    view.trim();
    flip(view.bytes, 41 * PAGE);
    view.trim();
    t.true(taken().includes(41), 'trimming in between loses nothing');
    view.reset();
    t.true(equalBytes(view.bytes, baseline), 'a reset puts back what was told long ago');
    t.deepEqual(pagesOf(view.dirty({ rearm: true })), []);
    dispose();
  });

  test(`${tracker}: copies of a memory that are kept up to date`, async (t) => {
    if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
    const { view, grow, dispose } = await subject('wasm', tracker, 2);
    paint(view.bytes);
    view.snapshot();
    let copy = Uint8Array.from(view.bytes);
    for (let round = 0; round < 50; round++) {
      for (let write = 0; write < round % 7; write++) {
        flip(view.bytes, ((round * 31 + write * 17) % (view.byteLength / PAGE)) * PAGE + write);
      }
      if (round % 10 === 5) {
        grow();
        copy = Uint8Array.from({ length: view.byteLength }, (_, index) => copy[index] ?? 0);
      }
      if (round % 13 === 7) view.discard((round % 5) * PAGE, 2 * PAGE);
      if (round % 9 === 4) view.trim(3 * PAGE);
      if (round % 11 === 10) {
        view.reset();
        copy.fill(0).set(view.baseline?.read(0, view.baseline.byteLength) ?? []);
      }
      view.dirty({ rearm: true }).forEach((byteOffset, byteLength) => {
        copy.set(view.bytes.subarray(byteOffset, byteOffset + byteLength), byteOffset);
      });
      t.true(equalBytes(copy, view.bytes), `round ${round}`);
    }
    dispose();
  });

  test(`${tracker}: a memory of which nearly all is written in every cycle`, (t) => {
    if (lacks(t, tracker)) return;
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4 }), { tracker });
    paint(view.bytes);
    const baseline = Uint8Array.from(view.bytes);
    view.snapshot();
    const reports: ResetReport[] = [];
    for (let cycle = 0; cycle < 10; cycle++) {
      view.bytes.fill(cycle + 1);
      reports.push(view.reset());
      t.true(equalBytes(view.bytes, baseline));
    }
    const last = reports.at(-1);
    t.is(last?.strategy, 'copy-all');
    t.regex(last?.reason ?? '', /nearly all pages/);
    t.is(last?.pagesRestored, 4 * PAGES_OF_WASM);
    t.is(last?.pagesScanned, 0);
    t.is(reports[0]?.strategy, 'copy-back');
    view.dispose();
  });
}
