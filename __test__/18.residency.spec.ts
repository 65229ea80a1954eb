// How much memory stands behind a view.
import { MemoryView, Region, type ResidencyReport } from 'pagefold';

import test from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { PAGE } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

/** What `residency()` is to say, given in pages. */
function pages(byteLength: number, ownPages: number, sharedPages: number): ResidencyReport {
  return {
    byteLength,
    residentByteLength: (ownPages + sharedPages) * PAGE,
    privateByteLength: ownPages * PAGE,
    sharedByteLength: sharedPages * PAGE,
    swappedByteLength: 0,
  };
}

/** Writes something else than before to each of these pages. */
function touch({ bytes }: MemoryView, ...numbers: readonly number[]): void {
  for (const number of numbers) bytes[number * PAGE] = (bytes[number * PAGE] ?? 0) + 1;
}

for (const tracker of TRACKERS) {
  test(`${tracker}: pages are shared until they are written to`, (t) => {
    if (lacks(t, tracker) || lacks(t, 'private-scan')) return;
    const memory = new WebAssembly.Memory({ initial: 4 });
    const view = MemoryView.adopt(memory, { tracker });
    const byteLength = 4 * WASM_PAGE;
    t.deepEqual(view.residency(), pages(byteLength, 0, 0), 'a fresh memory takes nothing');
    touch(view, 1, 2, 3, 20);
    t.deepEqual(view.residency(), pages(byteLength, 4, 0), 'what was written is its own');
    view.snapshot();
    t.deepEqual(view.residency(), pages(byteLength, 0, 4), 'after a snapshot all of it belongs to the snapshot');
    touch(view, 2, 20);
    t.deepEqual(view.residency(), pages(byteLength, 2, 2), 'a written page becomes private');
    t.deepEqual(view.residency(), pages(byteLength, 2, 2), 'asking changes nothing');
    view.reset();
    // Comparing reads pages that nobody has touched, and makes them real.
    const shared = tracker === 'compare' ? byteLength / PAGE - 2 : 2;
    t.deepEqual(view.residency(), pages(byteLength, 2, shared), 'and stays so: the next guest will write to it too');
    t.is(view.dirty().pageCount, 0);
    memory.grow(1);
    t.deepEqual(view.residency(), pages(byteLength + WASM_PAGE, 2, shared), 'growing takes nothing');
    view.dispose();
    refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.residency());
  });
}

test('two memories share the pages of one snapshot', (t) => {
  if (lacks(t, 'private-scan')) return;
  const [one, other] = [Region.allocate(8 * PAGE), Region.allocate(16 * PAGE)];
  const [first, second] = [one.view(), other.view()];
  touch(first, 0, 1, 2, 3, 4, 5, 6, 7);
  second.restore(first.snapshot());
  t.deepEqual(first.residency(), pages(8 * PAGE, 0, 8));
  t.deepEqual(second.residency(), pages(16 * PAGE, 0, 8));
  touch(first, 3);
  t.deepEqual(first.residency(), pages(8 * PAGE, 1, 7));
  t.deepEqual(second.residency(), pages(16 * PAGE, 0, 8));
  one.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => first.residency());
  other.dispose();
});

test('a part of a region', (t) => {
  if (lacks(t, 'private-scan')) return;
  const region = Region.allocate(8 * PAGE + 1);
  region.bytes.fill(1, 0, 3 * PAGE);
  t.deepEqual(region.view(2 * PAGE, 4 * PAGE).residency(), pages(4 * PAGE, 1, 0));
  region.bytes[8 * PAGE] = 1;
  t.deepEqual(region.view(8 * PAGE).residency(), pages(1, 1, 0), 'in whole pages');
  region.dispose();
});

test('pages that were only read take nothing', (t) => {
  if (lacks(t, 'private-scan')) return;
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
  t.true(view.bytes.every((byte) => byte === 0));
  t.deepEqual(view.residency(), pages(WASM_PAGE, 0, 0));
  view.dispose();
});
