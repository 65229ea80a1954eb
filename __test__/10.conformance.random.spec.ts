// Every tracker against a naive twin, over random cycles. A failure prints the seed that repeats it.
import type { MemoryView } from 'pagefold';

import test from '#test';

import { differingPages, equalBytes, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { seeded, type Random } from './helpers/random.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { subject, SUBJECTS, type Subject } from './helpers/subjects.ts';

for (const tracker of TRACKERS) {
  for (const kind of SUBJECTS) {
    test(`${tracker}, ${kind}: nothing is lost or reported twice in 200 random cycles`, async (t) => {
      if (lacks(t, tracker)) return;
      const random = seeded(t);
      const made = await subject(kind, tracker);
      const { view } = made;
      paint(view.bytes);
      let baseline = Uint8Array.from(view.bytes);
      view.snapshot();
      for (let cycle = 0; cycle < 200; cycle++) {
        const written = new Set<number>();
        for (let round = random.below(3); round >= 0; round--) {
          for (const page of scribble(made, random)) written.add(page);
          const found = pagesOf(view.dirty());
          const differing = differingPages(baseline, view.bytes);
          const lost = differing.filter((page) => !found.includes(page));
          const invented = found.filter((page) => !written.has(page));
          if (lost.length + invented.length > 0)
            t.deepEqual({ cycle, lost, invented }, { cycle, lost: [], invented: [] });
        }
        if (random.chance(0.1)) {
          view.snapshot();
          baseline = Uint8Array.from(view.bytes);
        } else if (random.chance(0.8)) {
          view.reset();
          if (!equalBytes(baseline, view.bytes))
            t.deepEqual({ cycle, wrong: differingPages(baseline, view.bytes) }, {});
        } else {
          view.restore(view.snapshot());
          baseline = Uint8Array.from(view.bytes);
        }
        if (view.dirty().pageCount !== 0) t.deepEqual({ cycle, dirty: pagesOf(view.dirty()) }, { cycle, dirty: [] });
      }
      t.is(view.tracker, tracker);
      made.dispose();
    });

    test(`${tracker}, ${kind}: the memory is byte for byte the baseline after each of 1,000 resets`, async (t) => {
      if (lacks(t, tracker)) return;
      const random = seeded(t);
      const made = await subject(kind, tracker);
      const { view } = made;
      paint(view.bytes);
      let baseline = Uint8Array.from(view.bytes);
      let remaps = 0;
      view.snapshot();
      for (let cycle = 0; cycle < 1000; cycle++) {
        scribble(made, random);
        if (random.chance(0.01) && view.byteLength < 12 * 65_536) made.grow();
        if (random.chance(0.3)) scribble(made, random);
        if (random.chance(0.2)) view.dirty();
        if (view.reset().strategy === 'remap') remaps++;
        const grown = view.bytes.subarray(baseline.length);
        const same = equalBytes(baseline, view.bytes.subarray(0, baseline.length));
        if (!same || !grown.every((byte) => byte === 0)) {
          t.deepEqual({ cycle, wrong: differingPages(baseline, view.bytes) }, { cycle, wrong: [] });
        }
        if (random.chance(0.02)) baseline = rebased(view, random);
      }
      t.is(remaps, 0, 'each of them by copying pages');
      t.is(view.tracker, tracker);
      made.dispose();
    });
  }
}

/** Writes into some pages, each time in another way; which pages. */
function scribble({ view, guest }: Subject, random: Random): Set<number> {
  const { bytes } = view;
  const pages = new Set<number>();
  const hot = random.chance(0.5) ? [1, 2, 3, 20, 21] : undefined;
  for (let count = random.below(random.chance(0.1) ? 100 : 8); count >= 0; count--) {
    const page = hot === undefined ? random.below(bytes.length / PAGE) : random.pick(hot);
    const at = page * PAGE + random.below(PAGE);
    const byte = random.below(256);
    pages.add(page);
    if (guest !== undefined && random.chance(0.5)) guest.store(at, byte);
    else if (random.chance(0.5)) bytes[at] = byte;
    else bytes.fill(byte, page * PAGE, (page + 1) * PAGE);
  }
  return pages;
}

/** Takes another baseline. */
function rebased(view: MemoryView, random: Random): Uint8Array<ArrayBuffer> {
  paint(view.bytes.subarray(random.below(8) * PAGE, (8 + random.below(8)) * PAGE), random.below(255));
  view.snapshot();
  return Uint8Array.from(view.bytes);
}
