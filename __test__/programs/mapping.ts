// Maps and discards in ways that could end in a fault: from the middle of guest code, with everything collected, in
// worker threads, and until the system has no mappings left.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { MemoryView, PagefoldError, Region, type Snapshot, type TrackerKind } from 'pagefold';

import { collectedUntil, collectGarbage } from '../helpers/garbage.ts';
import { guest, WASM_PAGE } from '../helpers/guest.ts';
import { SHARES_WITH_WASM } from '../helpers/mappable.ts';
import { equalBytes, isZero, PAGE, paint } from '../helpers/pages.ts';
import { startWorker } from '../helpers/worker.ts';

const tracker = process.argv[2] as TrackerKind;
const failures: string[] = [];
let checks = 0;

async function part(title: string, work: () => void | Promise<void>, shares = true): Promise<void> {
  try {
    if (SHARES_WITH_WASM || !shares) await work();
    checks++;
  } catch (error) {
    failures.push(`${title}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function shared(byteLength: number, byte: number): Region {
  const region = Region.allocate(byteLength, { mappable: true });
  region.bytes.fill(byte);
  return region;
}

await part('from the middle of guest code', async () => {
  const at = 2 * PAGE + 9;
  const region = shared(2 * PAGE, 7);
  const acts: ((view: MemoryView) => void)[] = [
    (view) => view.map(region, { byteOffset: 2 * PAGE }),
    (view) => view.map(region, { byteOffset: PAGE }),
    (view) => view.discard(0, 4 * PAGE),
    (view) => view.discard(2 * PAGE, PAGE, { contents: 'baseline' }),
    (view) => void [view.map(region, { byteOffset: 2 * PAGE }), view.reset()],
    (view) => void [view.map(region, { byteOffset: 2 * PAGE }), view.snapshot()],
    (view) => void [view.map(region, { byteOffset: 2 * PAGE }), view.trim(), view.prefault()],
    (view) => void view.dirty({ rearm: true }),
  ];
  for (const act of acts) {
    let view: MemoryView | undefined;
    const made = await guest({
      call: () => {
        if (view !== undefined) act(view);
        return 1;
      },
    });
    view = MemoryView.adopt(made.memory, { tracker });
    paint(view.bytes);
    view.snapshot();
    const baseline = Uint8Array.from(view.bytes);
    made.callOut(at, 0);
    assert.equal(made.load(at), 2, 'what the guest wrote afterwards is there');
    if (!String(act).includes('snapshot')) {
      view.reset();
      assert.ok(equalBytes(view.bytes, baseline), String(act));
    }
    view.dispose();
  }
  region.dispose();
});

await part('a region that is collected while it is mapped', async () => {
  const { memory, load, store } = await guest();
  const view = MemoryView.adopt(memory, { tracker });
  view.snapshot();
  let isCollected = false;
  const registry = new FinalizationRegistry(() => (isCollected = true));
  (() => {
    const region = shared(2 * PAGE, 42);
    view.map(region, { byteOffset: PAGE });
    view.map(region, { byteOffset: 8 * PAGE });
    registry.register(region, 0);
  })();
  assert.ok(await collectedUntil(() => isCollected));
  await collectGarbage();
  assert.equal(load(PAGE + 5), 42);
  store(PAGE + 5, 43);
  assert.equal(load(8 * PAGE + 5), 43, 'both places show the same pages still');
  view.reset();
  assert.ok(isZero(view.bytes));
  view.dispose();
});

await part('a memory that is collected while something is mapped in it', async () => {
  const region = shared(4 * PAGE, 9);
  for (let round = 0; round < 40; round++) {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 4, maximum: 8 }), { tracker });
    assert.ok(isZero(view.bytes), 'a new memory shows nothing of an old one');
    if (round % 2 === 0) view.snapshot();
    view.map(region, { byteOffset: 0 });
    view.map(region, { byteOffset: 2 * WASM_PAGE });
    view.discard(5 * PAGE, PAGE);
    if (round % 3 === 0) view.dispose();
    if (round % 8 === 0) await collectGarbage();
  }
  await collectGarbage();
  for (let round = 0; round < 20; round++) {
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 8 });
    const bytes = new Uint8Array(memory.buffer);
    assert.ok(isZero(bytes), 'a new memory shows nothing of an old one');
    bytes.fill(0xee);
  }
  assert.ok(
    region.bytes.every((byte) => byte === 9),
    'and does not reach what was mapped there',
  );
  region.dispose();
});

await part(
  '10,000 discards',
  () => {
    const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1300 }), { tracker });
    view.bytes.fill(1);
    view.snapshot();
    for (let page = 0; page < 20_000; page += 2) view.discard(page * PAGE, PAGE);
    for (let page = 0; page < 20_000; page += 2) assert.equal(view.bytes[page * PAGE], 0);
    view.bytes[PAGE] = 2;
    const dirty = view.dirty();
    assert.equal(dirty.pageCount, 10_001);
    let pages = 0;
    dirty.forEach((_, byteLength) => (pages += byteLength / PAGE));
    assert.equal(pages, 10_001);
    assert.equal(view.reset().strategy === 'remap', false);
    assert.ok(view.bytes.every((byte) => byte === 1));
    assert.ok(mappings() < 5000, `${mappings()} mappings are left`);
    view.dispose();
  },
  false,
);

await part('discards without end', () => {
  const limit = Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'));
  if (limit > 100_000) return;
  const pages = limit + 2000;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((pages * PAGE) / WASM_PAGE) });
  const view = MemoryView.adopt(memory, { tracker });
  for (let page = 0; page < pages; page++) view.bytes[page * PAGE] = 1;
  view.snapshot();
  const region = shared(PAGE, 7);
  let page = 0;
  let refusal: unknown;
  try {
    for (; page < pages; page += 2) view.discard(page * PAGE, PAGE);
  } catch (error) {
    refusal = error;
  }
  const state = [view.bytes[(page - 2) * PAGE], view.bytes[page * PAGE]];
  let mapping: unknown;
  try {
    view.map(region, { byteOffset: page * PAGE });
  } catch (error) {
    mapping = error;
  }
  const unmapped = view.bytes[page * PAGE];
  view.reset();
  for (const error of [refusal, mapping]) {
    assert.ok(error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_OUT_OF_MEMORY', String(error));
  }
  assert.ok(page > 20_000, `${page}`);
  assert.deepEqual([...state, unmapped], [0, 1, 1], 'what was refused has changed nothing');
  for (let each = 0; each < pages; each++) assert.equal(view.bytes[each * PAGE], 1);
  view.map(region, { byteOffset: page * PAGE });
  assert.equal(view.bytes[page * PAGE], 7, 'there is room again');
  view.dispose();
  region.dispose();
});

await part('in worker threads', async () => {
  const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 2 }), { tracker });
  view.snapshot();
  const region = shared(PAGE, 1);
  const workers = [0, 1].map(() => startWorker('map', { rounds: 60, tracker }));
  const endings = workers.map(
    (worker) =>
      new Promise<unknown>((resolve, reject) => {
        worker.on('message', resolve);
        worker.on('error', reject);
      }),
  );
  for (let round = 0; round < 200; round++) {
    view.map(region, { byteOffset: (round % 32) * PAGE });
    region.bytes[0] = round;
    assert.equal(view.bytes[(round % 32) * PAGE], round % 256);
    view.reset();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await Promise.all(endings), [60, 60]);
  await Promise.all(workers.map((worker) => worker.terminate()));
  const busy = startWorker('map', { rounds: Infinity, tracker });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await busy.terminate();
  assert.ok(isZero(view.bytes));
  view.dispose();
  region.dispose();
});

await part('what a snapshot shares with a mapping', async () => {
  const { memory, store } = await guest();
  const view = MemoryView.adopt(memory, { tracker });
  const region = shared(PAGE, 5);
  view.map(region, { byteOffset: 0 });
  const snapshot: Snapshot = view.snapshot();
  region.bytes.fill(6);
  region.dispose();
  store(0, 77);
  assert.equal(snapshot.read(0, 1)[0], 5);
  view.reset();
  assert.equal(view.bytes[0], 5);
  view.dispose();
});

function mappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').trimEnd().split('\n').length;
}

console.log(JSON.stringify({ failures, checks }));
process.exit(0);
