// Memories of 1 GiB of which little is used: they cost what is used.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { MemoryView, Region, type TrackerKind } from 'pagefold';

import { PAGE } from '../helpers/pages.ts';

const GIB = 2 ** 30;
const tracker = process.argv[2] as TrackerKind;

function residentBytes(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

const before = residentBytes();
const views = [
  MemoryView.adopt(new WebAssembly.Memory({ initial: 16_384 }), { tracker }),
  Region.allocate(GIB).view(0, undefined, { tracker }),
];
for (const view of views) {
  for (let page = 0; page < 100; page++) view.bytes[page * 2500 * PAGE] = 1 + page;
  const snapshot = view.snapshot();
  assert.equal(snapshot.byteLength, GIB);
  assert.equal(snapshot.storedByteLength, 100 * PAGE);
  for (let cycle = 0; cycle < 3; cycle++) {
    for (const at of [0, GIB / 2, GIB - 1]) view.bytes[at] = 200;
    assert.equal(view.dirty().pageCount, 3);
    view.reset();
    assert.deepEqual([view.bytes[0], view.bytes[GIB / 2], view.bytes[GIB - 1]], [1, 0, 0]);
    assert.equal(view.bytes[99 * 2500 * PAGE], 100);
  }
}
const used = residentBytes() - before;
for (const view of views) view.dispose();
console.log(JSON.stringify({ used }));
