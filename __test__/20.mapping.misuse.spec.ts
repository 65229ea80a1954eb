// Mapping and discarding, misused. Nothing changes by what is refused.
import { MemoryView, PagefoldError, Region, type MapOptions } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

import test, { type ExecutionContext } from '#test';

import { outcomeOf } from './helpers/child.ts';
import { guest, WASM_PAGE } from './helpers/guest.ts';
import { HostileError, NOT_BYTES, NOT_OBJECTS } from './helpers/junk.ts';
import { filled, mappable, SHARES_WITH_WASM } from './helpers/mappable.ts';
import { equalBytes, PAGE, pagesOf, paint } from './helpers/pages.ts';
import { refused } from './helpers/refusal.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';
import { subject } from './helpers/subjects.ts';

/** Objects that are in use while the calls are made, and must be as they were afterwards. */
async function fixture(t: ExecutionContext) {
  const { view } = await subject(SHARES_WITH_WASM ? 'wasm' : 'region', 'auto');
  paint(view.bytes);
  view.snapshot();
  const { region } = mappable(t, 'shared', filled(3 * PAGE, 1));
  view.map(region, { byteOffset: 10 * PAGE, byteLength: PAGE });
  const [before, regionBefore] = [Uint8Array.from(view.bytes), Uint8Array.from(region.bytes)];
  const check = (): void => {
    t.true(equalBytes(view.bytes, before));
    t.true(equalBytes(region.bytes, regionBefore));
    t.deepEqual(pagesOf(view.dirty()), [10]);
    view.reset();
    t.deepEqual(pagesOf(view.dirty()), []);
    t.true(equalBytes(region.bytes, regionBefore));
    for (const each of [view, region]) each.dispose();
  };
  return { view, region, check };
}

type Fixture = Awaited<ReturnType<typeof fixture>>;
type Entry = readonly [name: string, call: (on: Fixture, value: never) => unknown];

const BYTES: readonly Entry[] = [
  ['byteOffset of map', ({ view, region }, value) => view.map(region, { byteOffset: value })],
  ['regionOffset', ({ view, region }, value) => view.map(region, { byteOffset: 0, regionOffset: value })],
  ['byteLength of map', ({ view, region }, value) => view.map(region, { byteOffset: 0, byteLength: value })],
  ['byteOffset of discard', ({ view }, value) => view.discard(value, PAGE)],
  ['byteLength of discard', ({ view }, value) => view.discard(0, value)],
  ['trim', ({ view }, value) => view.trim(value)],
  ['residentByteLength', (_, value) => adopted({ residentByteLength: value })],
  ['idleByteLength', (_, value) => adopted({ idleByteLength: value })],
  ['byteOffset of open', (_, value) => Region.open('/nonexistent', { byteOffset: value })],
  ['byteLength of open', (_, value) => Region.open('/nonexistent', { byteLength: value })],
];

const OTHERS: readonly Entry[] = [
  ['region of map', ({ view }, value) => view.map(value, { byteOffset: 0 })],
  ['contents', ({ view }, value) => view.discard(0, PAGE, { contents: orElse(value) })],
  ['rearm', ({ view }, value) => view.dirty({ rearm: orElse(value) })],
  ['verify', (_, value) => adopted({ verify: orElse(value) })],
  ['access', (_, value) => Region.open('/nonexistent', { access: orElse(value) })],
  ['mappable', (_, value) => Region.allocate(1, { mappable: orElse(value) })],
  // An array has a byteOffset, which will do.
  ['options of map', ({ view, region }, value) => view.map(region, ArrayBuffer.isView(value) ? (1 as never) : value)],
  ['visit', ({ view }, value) => view.dirty().forEach(value)],
];

/** What stands for itself instead of being left out. */
function orElse(value: never): never {
  return (value === undefined || value === true || value === false ? 'neither' : value) as never;
}

function adopted(options: object): void {
  MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }), options).dispose();
}

for (const [title, entries, values] of [
  ['no number of bytes is taken for one', BYTES, NOT_BYTES],
  ['nothing else is taken for what it is not', OTHERS, NOT_OBJECTS],
] as const) {
  test(title, async (t) => {
    const on = await fixture(t);
    for (const [name, call] of entries) {
      for (const [what, value] of values) {
        if (name === 'visit' && typeof value === 'function') continue;
        try {
          call(on, value as never);
        } catch (error) {
          if (error instanceof PagefoldError || error instanceof HostileError) continue;
          throw new Error(`${name} with ${what}: not a PagefoldError`, { cause: error });
        }
        t.fail(`${name} took ${what}`);
      }
    }
    on.check();
  });
}

test('ranges that are not there, or are no whole pages', async (t) => {
  const on = await fixture(t);
  const { view, region } = on;
  const total = 4 * WASM_PAGE;
  const places: readonly (readonly [MapOptions, 'OUT_OF_RANGE' | 'UNALIGNED'])[] = [
    [{ byteOffset: total }, 'OUT_OF_RANGE'],
    [{ byteOffset: total - 2 * PAGE }, 'OUT_OF_RANGE'],
    [{ byteOffset: total - PAGE, byteLength: 2 * PAGE }, 'OUT_OF_RANGE'],
    [{ byteOffset: 2 ** 52 }, 'OUT_OF_RANGE'],
    [{ byteOffset: Number.MAX_SAFE_INTEGER }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, byteLength: 4 * PAGE }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, byteLength: 0 }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, byteLength: Number.MAX_SAFE_INTEGER }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, regionOffset: 3 * PAGE }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, regionOffset: Number.MAX_SAFE_INTEGER }, 'OUT_OF_RANGE'],
    [{ byteOffset: 0, regionOffset: 2 * PAGE, byteLength: 2 * PAGE }, 'OUT_OF_RANGE'],
    [{ byteOffset: 1 }, 'UNALIGNED'],
    [{ byteOffset: PAGE - 1 }, 'UNALIGNED'],
    [{ byteOffset: 512, byteLength: PAGE }, 'UNALIGNED'],
    [{ byteOffset: 0, byteLength: 1 }, 'UNALIGNED'],
    [{ byteOffset: 0, byteLength: PAGE + 1 }, 'UNALIGNED'],
    [{ byteOffset: 0, regionOffset: 1 }, 'UNALIGNED'],
    [{ byteOffset: 0, regionOffset: PAGE + 512, byteLength: PAGE }, 'UNALIGNED'],
  ];
  for (const [place, code] of places) {
    refused(t, `ERR_PAGEFOLD_${code}`, () => view.map(region, place), JSON.stringify(place));
  }
  for (const contents of ['zero', 'baseline'] as const) {
    for (const [offset, length, code] of [
      [0, 0, 'OUT_OF_RANGE'],
      [total, PAGE, 'OUT_OF_RANGE'],
      [total - PAGE, 2 * PAGE, 'OUT_OF_RANGE'],
      [0, total + 1, 'OUT_OF_RANGE'],
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'OUT_OF_RANGE'],
      [1, PAGE, 'UNALIGNED'],
      [0, PAGE - 1, 'UNALIGNED'],
      [PAGE + 1, PAGE - 1, 'UNALIGNED'],
    ] as const) {
      refused(t, `ERR_PAGEFOLD_${code}`, () => view.discard(offset, length, { contents }), `${offset}, ${length}`);
    }
  }
  on.check();
});

test('regions that cannot be mapped', async (t) => {
  const on = await fixture(t);
  const { view } = on;
  const own = Region.allocate(PAGE);
  const error = refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => view.map(own, { byteOffset: 0 }));
  t.regex(error.message, /mappable: true/);
  const gone = Region.allocate(PAGE, { mappable: true });
  gone.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.map(gone, { byteOffset: 0 }));
  const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer };
  if (transfer !== undefined) {
    const moved = Region.allocate(PAGE, { mappable: true });
    const bytes = new Uint8Array(transfer.call(moved.bytes.buffer)).fill(3);
    refused(t, 'ERR_PAGEFOLD_DETACHED', () => view.map(moved, { byteOffset: 0 }));
    moved.dispose();
    t.is(bytes[0], 3);
  }
  for (const forged of [Object.create(Region.prototype), Object.create(on.region), new Proxy(on.region, {})]) {
    refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () => view.map(forged as Region, { byteOffset: 0 }));
  }
  own.dispose();
  on.check();
});

test('mappable regions are not tracked', (t) => {
  const region = Region.allocate(PAGE, { mappable: true, maxByteLength: 3 * PAGE });
  const error = refused(t, 'ERR_PAGEFOLD_UNSUPPORTED', () => region.view());
  t.regex(error.message, /map it into a tracked memory/);
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => region.view(3 * PAGE));
  region.grow(2 * PAGE);
  t.is(region.bytes.length, 2 * PAGE);
  region.dispose();
});

test('disposed views', async (t) => {
  const { memory } = await guest();
  const view = MemoryView.adopt(memory);
  const region = Region.allocate(PAGE, { mappable: true });
  view.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.map(region, { byteOffset: 0 }));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.discard(0, PAGE));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.trim());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.prefault());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => view.dirty({ rearm: true }));
  const own = Region.allocate(4 * PAGE);
  const over = own.view();
  over.snapshot();
  own.dispose();
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => over.map(region, { byteOffset: 0 }));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => over.discard(0, PAGE));
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => over.trim());
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () => over.prefault());
  over.dispose();
  region.dispose();
});

/** A place that does something before it tells where it is. */
function place(act: () => void): MapOptions {
  return {
    get byteOffset(): number {
      act();
      return 0;
    },
  };
}

test('options whose accessors act on what is about to be used', (t) => {
  if (lacks(t, 'shared-mapping')) return;
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 8 });
  const view = MemoryView.adopt(memory);
  view.snapshot();
  let region = Region.allocate(PAGE, { mappable: true });
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () =>
    view.map(
      region,
      place(() => region.dispose()),
    ),
  );
  region = Region.allocate(PAGE, { mappable: true });
  view.map(
    region,
    place(() => void memory.grow(1)),
  );
  view.map(
    region,
    place(() => void view.reset()),
  );
  view.map(
    region,
    place(() => view.map(region, { byteOffset: PAGE })),
  );
  view.bytes[0] = 5;
  t.is(view.bytes[PAGE], 5);
  const growing = {
    get contents(): 'zero' {
      memory.grow(1);
      return 'zero';
    },
  };
  view.discard(0, 4 * WASM_PAGE, growing);
  refused(t, 'ERR_PAGEFOLD_DISPOSED', () =>
    view.map(
      region,
      place(() => view.dispose()),
    ),
  );
  region.dispose();
});

test('options of an instance snapshot reach its view', async (t) => {
  const { instance, store } = await guest();
  refused(t, 'ERR_PAGEFOLD_INVALID_ARGUMENT', () =>
    InstanceSnapshot.capture(instance, { verify: 'sometimes' as 'always' }),
  );
  refused(t, 'ERR_PAGEFOLD_OUT_OF_RANGE', () => InstanceSnapshot.capture(instance, { residentByteLength: -1 }));
  const options = { residentByteLength: 2 * PAGE, idleByteLength: PAGE, verify: 'always' } as const;
  const captured = InstanceSnapshot.capture(instance, options);
  for (let page = 0; page < 20; page++) store(page * PAGE, 1);
  t.is(captured.reset().memory.strategy, 'release');
  captured.dispose();
});

for (const tracker of TRACKERS) {
  test.serial(`${tracker}: from the middle of guest code, collected, and up to the limit of mappings`, async (t) => {
    if (lacks(t, tracker)) return;
    t.deepEqual(await outcomeOf('mapping', { args: [tracker] }), { failures: [], checks: 7 });
  });
}
