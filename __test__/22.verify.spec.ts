// Resets that are checked against the baseline.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { MemoryView, PagefoldError, Region } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test, { type ExecutionContext } from '#test';

import { foreignCode } from './helpers/foreign.ts';
import { guest, WASM_PAGE } from './helpers/guest.ts';
import { filled, SHARES_WITH_WASM } from './helpers/mappable.ts';
import { equalBytes, flip, isZero, PAGE, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

type Put = (buffer: ArrayBuffer, byteOffset: number, bytes: Uint8Array) => void;

/** Writes whole pages in a way that `uffd-wp` does not learn of, as it learns of no write through a long-term pin. */
function unseen(t: ExecutionContext): Put | undefined {
  if (lacks(t, 'uffd-wp')) return undefined;
  const foreign = foreignCode(t);
  if (foreign === undefined) return undefined;
  return (buffer, byteOffset, bytes) => {
    new Uint8Array(buffer).set(bytes, byteOffset);
    foreign.hide(buffer, byteOffset, bytes.length);
  };
}

/** Maps a file over whole pages. */
function foreignMapping(t: ExecutionContext): Put | undefined {
  const foreign = foreignCode(t);
  if (foreign === undefined) return undefined;
  const path = join(temporaryFolder(t), 'file');
  return (buffer, byteOffset, bytes) => {
    writeFileSync(path, bytes);
    const descriptor = openSync(path, 'r');
    foreign.mapOver(buffer, byteOffset, bytes.length, descriptor);
    closeSync(descriptor);
  };
}

for (const tracker of TRACKERS) {
  for (const verify of ['sample', 'always'] as const) {
    test(`${tracker}: nothing is found where nothing is wrong (${verify})`, (t) => {
      if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
      const memory = new WebAssembly.Memory({ initial: 8, maximum: 16 });
      const view = MemoryView.adopt(memory, { tracker, verify });
      paint(view.bytes);
      view.snapshot();
      const baseline = Uint8Array.from(view.bytes);
      const region = Region.allocate(3 * PAGE, { mappable: true });
      region.bytes.fill(9);
      for (let cycle = 0; cycle < 60; cycle++) {
        for (let page = 0; page < (cycle % 5) * 20; page++) flip(view.bytes, page * PAGE + cycle);
        if (cycle === 20) memory.grow(2);
        if (cycle % 7 === 3 && SHARES_WITH_WASM) view.map(region, { byteOffset: (cycle % 30) * PAGE });
        if (cycle % 6 === 1) view.discard((cycle % 40) * PAGE, 3 * PAGE);
        if (cycle % 10 === 9) view.trim();
        view.reset();
        t.true(equalBytes(view.bytes.subarray(0, baseline.length), baseline));
        t.true(isZero(view.bytes.subarray(baseline.length)));
      }
      view.dispose();
      region.dispose();
    });
  }
}

test('a difference is an error that names the byte, and the next reset puts it right', (t) => {
  const put = unseen(t);
  if (put === undefined) return;
  const memory = new WebAssembly.Memory({ initial: 4 });
  const view = MemoryView.adopt(memory, { tracker: 'uffd-wp', verify: 'always' });
  paint(view.bytes);
  view.snapshot();
  const baseline = Uint8Array.from(view.bytes);
  for (const page of [0, 7, 63]) {
    // All of the page but one byte is as it was.
    const bytes = Uint8Array.from(baseline.subarray(page * PAGE, (page + 1) * PAGE));
    flip(bytes, 1234);
    put(memory.buffer, page * PAGE, bytes);
    t.is(view.bytes[page * PAGE + 1234], bytes[1234]);
    t.is(view.dirty().pageCount, 0, 'the tracker does not see it');
    const error = refused(t, 'ERR_PAGEFOLD_VERIFY', () => view.reset());
    t.is(error.byteOffset, page * PAGE + 1234);
    t.regex(error.message, new RegExp(`byte ${page * PAGE + 1234}`));
    t.true(inspect(error).includes(`byteOffset: ${page * PAGE + 1234}`));
    t.false('errno' in error || 'syscall' in error);
    t.false(view.dirty().exact, 'nothing is relied on after that');
    const report = view.reset();
    t.is(report.strategy, 'remap');
    t.regex(report.reason, /could not tell what had changed: .*differs/);
    t.true(equalBytes(view.bytes, baseline));
    flip(view.bytes, 5 * PAGE);
    t.is(view.dirty().pageCount, 1, 'and all is as before');
    view.reset();
    t.true(equalBytes(view.bytes, baseline));
  }
  view.dispose();
});

test('several pages that differ: the first one is named', (t) => {
  const put = unseen(t);
  if (put === undefined) return;
  const region = Region.allocate(32 * PAGE);
  const view = region.view(8 * PAGE, 16 * PAGE, { tracker: 'uffd-wp', verify: 'always' });
  view.snapshot();
  put(region.bytes.buffer, 20 * PAGE, filled(2 * PAGE, 1));
  put(region.bytes.buffer, 10 * PAGE, new Uint8Array(PAGE).fill(1, 9, 10));
  t.is(refused(t, 'ERR_PAGEFOLD_VERIFY', () => view.reset()).byteOffset, 2 * PAGE + 9, 'counted from the view');
  view.reset();
  t.true(isZero(view.bytes));
  region.dispose();
});

test('a sample finds it after some resets', (t) => {
  const put = unseen(t);
  if (put === undefined) return;
  const memory = new WebAssembly.Memory({ initial: 32 });
  const view = MemoryView.adopt(memory, { tracker: 'uffd-wp', verify: 'sample' });
  view.snapshot();
  for (const page of [100, 511, 3]) {
    put(memory.buffer, page * PAGE, filled(PAGE, 1));
    let resets = 0;
    let error: unknown;
    while (error === undefined && resets < 20) {
      try {
        resets++;
        view.reset();
      } catch (thrown) {
        error = thrown;
      }
    }
    if (!(error instanceof PagefoldError)) return t.fail(`${resets} resets did not find it`);
    t.is(error.code, 'ERR_PAGEFOLD_VERIFY');
    t.is(error.byteOffset, page * PAGE);
    t.true(resets <= (32 * WASM_PAGE) / PAGE / 64 + 1, `${resets} resets`);
    view.reset();
    t.true(isZero(view.bytes));
  }
  view.dispose();
});

test('without verification nobody looks, and a restore puts it right', (t) => {
  const put = unseen(t);
  if (put === undefined) return;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const view = MemoryView.adopt(memory, { tracker: 'uffd-wp' });
  const snapshot = view.snapshot();
  put(memory.buffer, PAGE, filled(PAGE, 1));
  view.reset();
  t.not(view.bytes[PAGE], 0);
  view.restore(snapshot);
  t.true(isZero(view.bytes));
  view.dispose();
});

test('an instance that is verified', async (t) => {
  const put = unseen(t);
  if (put === undefined) return;
  const { instance, memory, store, load } = await guest();
  const captured = InstanceSnapshot.capture(instance, { tracker: 'uffd-wp', verify: 'always' });
  store(5, 5);
  put(memory.buffer, 3 * PAGE, filled(PAGE, 1));
  t.is(refused(t, 'ERR_PAGEFOLD_VERIFY', () => captured.reset()).byteOffset, 3 * PAGE);
  t.is(captured.reset().memory.strategy, 'remap');
  t.deepEqual([load(5), load(3 * PAGE)], [0, 0]);
  captured.dispose();
});

test('every tracker finds a foreign mapping by itself', (t) => {
  const put = foreignMapping(t);
  if (put === undefined) return;
  for (const tracker of TRACKERS) {
    if (lacks(t, tracker)) continue;
    const memory = new WebAssembly.Memory({ initial: 1 });
    const view = MemoryView.adopt(memory, { tracker, verify: 'always' });
    view.snapshot();
    put(memory.buffer, PAGE, filled(2 * PAGE, 1));
    view.reset();
    t.true(isZero(view.bytes), tracker);
    view.dispose();
  }
});
