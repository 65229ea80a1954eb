// Works until the system gives no more, in the way that the argument names, and tells which errors came. Whatever fails,
// what was there before must be as it was.
import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MemoryView, PagefoldError, Region, Snapshot } from 'pagefold';

import { equalBytes, PAGE, paint } from '../helpers/pages.ts';

const memory = new WebAssembly.Memory({ initial: 2, maximum: 8 });
const view = MemoryView.adopt(memory);
paint(view.bytes);
const snapshot = view.snapshot();
const baseline = snapshot.read(0, snapshot.byteLength);
const region = Region.allocate(4 * PAGE, { maxByteLength: 8 * PAGE });
region.bytes.fill(5);
const codes = new Map<string, number>();
const kept: unknown[] = [];
/** There is no descriptor left to write it with. */
const unwritten = join(tmpdir(), `pagefold-test-${process.pid}`);

const SCENARIOS: Record<string, () => void> = {
  descriptors: () => {
    // First all that there are; the snapshots then need some.
    const open = take(() => openSync('/dev/null', 'r'));
    for (let round = 0; round < 50; round++) attempt(() => Snapshot.capture(new Uint8Array(PAGE).fill(round + 1)));
    for (let round = 0; round < 5; round++) attempt(() => view.snapshot());
    attempt(() => Snapshot.open('/nonexistent'));
    attempt(() => snapshot.save(unwritten));
    attempt(() => MemoryView.adopt(new WebAssembly.Memory({ initial: 1 })));
    unchanged();
    for (const descriptor of open) closeSync(descriptor);
    rmSync(unwritten, { force: true });
  },
  'address space': () => {
    // Some is left for the engine, which ends the process when it gets none.
    take(() => Region.allocate(256 << 20))
      .at(-1)
      ?.dispose();
    attempt(() => Region.allocate(1 << 30));
    attempt(() => Region.allocate(1, { maxByteLength: 2 ** 40 }));
    for (let round = 0; round < 5; round++) attempt(() => Snapshot.capture(region.bytes));
    attempt(() => view.snapshot());
    unchanged();
  },
  'regions without end': () => {
    attempt(() => {
      for (;;) kept.push(Region.allocate(2 ** 40));
    });
    unchanged();
  },
};

/** Takes things until there are no more. */
function take<T>(one: () => T): T[] {
  const taken: T[] = [];
  try {
    for (;;) {
      taken.push(one());
      kept.push(taken.at(-1));
    }
  } catch (error) {
    count(error);
    return taken;
  }
}

function attempt(work: () => unknown): void {
  try {
    kept.push(work());
    codes.set('done', (codes.get('done') ?? 0) + 1);
  } catch (error) {
    count(error);
  }
}

function count(error: unknown): void {
  const { code } = error as { code?: string };
  if (code !== 'EMFILE') assert.ok(error instanceof PagefoldError, String(error));
  codes.set(code ?? '', (codes.get(code ?? '') ?? 0) + 1);
}

/** What was made before the limit was reached still works. */
function unchanged(): void {
  view.bytes.fill(0xee);
  assert.ok(view.dirty().pageCount > 0);
  view.reset();
  assert.ok(equalBytes(view.bytes, view.baseline?.disposed === false ? view.baseline.read(0, 2 << 16) : baseline));
  assert.ok(equalBytes(snapshot.read(0, baseline.length), baseline));
  assert.ok(region.bytes.subarray(0, 4 * PAGE).every((byte) => byte === 5));
  region.grow(5 * PAGE);
  view.restore(snapshot);
  assert.ok(equalBytes(view.bytes, baseline));
}

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) throw new Error('no such scenario');
scenario();
unchanged();
// With what was taken given back, everything works again.
for (const each of kept) if (each instanceof Region) each.dispose();
kept.length = 0;
console.log(JSON.stringify(Object.fromEntries(codes)));
process.exit(0);
