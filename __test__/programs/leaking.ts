// Drops or disposes things, and tells what leaks() and the warnings say. The way is the argument.
import { leaks, MemoryView, Region, Snapshot, stats } from 'pagefold';

import { collectedUntil, collectGarbage, turn } from '../helpers/garbage.ts';

const MIB = 2 ** 20;
const warnings: { code: unknown; message: string; detail: unknown }[] = [];
process.on('warning', (warning) => {
  const { code, message, detail } = warning as Error & { code?: unknown; detail?: unknown };
  if (code === 'PAGEFOLD_LEAK') warnings.push({ code, message, detail });
});

let made = 0;

function madeByThisFunction(): Region {
  // Not in tail position: Bun leaves such callers out of stacks.
  try {
    return Region.allocate(2 * MIB);
  } finally {
    made++;
  }
}

const WAYS: Record<string, () => Promise<unknown> | unknown> = {
  async exposed() {
    for (let count = 0; count < 10; count++) madeByThisFunction().bytes[0] = 1;
    await collectedUntil(() => stats().regions.live === 0 && stats().mappedByteLength === 0);
  },
  async bare() {
    for (let count = 0; count < 10; count++) madeByThisFunction();
    await collectedUntil(() => stats().regions.live === 0 && stats().mappedByteLength === 0);
  },
  async vacuumed() {
    for (let count = 0; count < 300; count++) madeByThisFunction();
    await collectGarbage();
  },
  async snapshots() {
    for (let count = 0; count < 10; count++) Snapshot.capture(new Uint8Array(MIB).fill(1));
    await collectedUntil(() => stats().snapshots.live === 0);
  },
  /** Views, and diffs and snapshots of a few bytes. */
  async small() {
    for (let count = 0; count < 10; count++) {
      const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
      view.bytes[0] = 1;
      view.snapshot();
      view.diff();
    }
    await collectedUntil(() => stats().views.live === 0 && stats().snapshots.live === 0);
    return { views: stats().views.live };
  },
  async disposed() {
    for (let count = 0; count < 50; count++) {
      const region = madeByThisFunction();
      region.bytes[0] = 1;
      region.dispose();
    }
    await collectGarbage();
  },
  /** Nothing of a buffer that is still in use. */
  async kept() {
    const bytes = Array.from({ length: 10 }, () => madeByThisFunction().bytes);
    await collectGarbage();
    return { sum: bytes.length, listed: leaks().length };
  },
  alive() {
    const region = madeByThisFunction();
    const snapshot = Snapshot.capture(new Uint8Array(MIB).fill(1));
    const view = region.view();
    const listed = leaks();
    for (const object of [region, snapshot, view]) object.dispose();
    return { listed, left: leaks().length };
  },
};

const outcome = await WAYS[process.argv[2] ?? '']?.();
// Whoever allocates next tells of it.
Region.allocate(1).dispose();
await turn();
await turn();
console.log(JSON.stringify({ outcome, warnings, made }));
