// What one lease writes the next one cannot read, wherever it was written and however the lease ended.
import { PagefoldError, Region, type MemoryView, type ViewOptions } from 'pagefold';

import test from '#test';

import { WASM_PAGE } from './helpers/guest.ts';
import { SHARES_WITH_WASM } from './helpers/mappable.ts';
import { equalBytes, isZero, PAGE } from './helpers/pages.ts';
import { pooled, pooledTestGuest, type PooledTestGuest } from './helpers/pooled.ts';
import { lacks, TRACKERS } from './helpers/skip.ts';

/** Found nowhere else. */
const SECRET = Buffer.from('for nobody but me: 5d1f8a2c');

interface Way {
  readonly name: string;
  readonly write: (guest: PooledTestGuest, view: MemoryView, round: number) => void;
}

/** Puts the secret at one place of each of these pages. */
function scatter({ bytes }: MemoryView, pages: Iterable<number>): void {
  for (const page of pages) bytes.set(SECRET, page * PAGE + ((page * 131) % (PAGE - SECRET.length)));
}

function* every(step: number, end: number, from = 0): Iterable<number> {
  for (let page = from; page < end; page += step) yield page;
}

const WAYS: readonly Way[] = [
  { name: 'one page', write: (_, view, round) => scatter(view, [round % 64]) },
  { name: 'the same pages each time', write: (_, view) => scatter(view, every(5, 64)) },
  { name: 'other pages each time', write: (_, view, round) => scatter(view, every(7, 64, round % 7)) },
  { name: 'everything', write: (_, view) => scatter(view, every(1, view.byteLength / PAGE)) },
  {
    name: 'what it has grown by',
    write: (guest, view, round) => {
      if (round < 5) guest.grow(3);
      scatter(view, every(3, view.byteLength / PAGE));
    },
  },
  {
    name: 'globals and tables',
    write: (guest, view) => {
      guest.count.value = 77;
      guest.tick();
      scatter(view, [1]);
    },
  },
  {
    name: 'pages that were given back, or are of a region',
    write: (_, view, round) => {
      view.discard((round % 32) * PAGE, 3 * PAGE);
      // Where others' pages cannot be put into the memory of a guest (Bun), its own are written.
      using region = Region.allocate(PAGE, { mappable: true });
      region.bytes.set(SECRET, 100);
      if (SHARES_WITH_WASM) view.map(region, { byteOffset: 40 * PAGE });
      scatter(view, [round % 32, 40, 41]);
    },
  },
];

/** How a lease can end. */
const ENDINGS = ['release', 'throw', 'trap', 'discard', 'late'] as const;

const SETTINGS: readonly [string, ViewOptions & { cleaner?: 'release' | 'background' }][] = [
  ['', {}],
  [', cleaned later', { cleaner: 'background' }],
  [', with a budget', { residentByteLength: 4 * PAGE }],
  [', verified', { verify: 'always' }],
];

/** Looks through all of the memory, the globals and the tables. */
function tracesIn(guest: PooledTestGuest, pristine: Uint8Array): string[] {
  const bytes = new Uint8Array(guest.memory.buffer);
  const traces: string[] = [];
  if (Buffer.from(bytes.buffer).includes(SECRET)) traces.push('the secret');
  if (!equalBytes(bytes.subarray(0, pristine.length), pristine)) traces.push('other bytes than at the start');
  if (!isZero(bytes.subarray(pristine.length))) traces.push('something behind the end');
  if (guest.count.value !== 0) traces.push('a global');
  for (let index = 0; index < guest.table.length; index++) if (guest.table.get(index) !== null) traces.push('a table');
  return traces;
}

for (const tracker of TRACKERS) {
  for (const [words, options] of SETTINGS) {
    test(`${tracker}${words}: a secret stays with the lease that wrote it`, async (t) => {
      if (lacks(t, tracker)) return;
      const pristine = new Uint8Array(4 * WASM_PAGE);
      pristine.set(new Uint8Array(pooledTestGuest().memory.buffer));
      for (const { name, write } of WAYS) {
        const pool = await pooled({ size: 1, tracker, ...options });
        for (let round = 0; round < 15; round++) {
          const ending = ENDINGS[round % ENDINGS.length];
          const work = (guest: PooledTestGuest, view: MemoryView): void => {
            t.deepEqual(tracesIn(guest, pristine), [], `${name}, round ${round}`);
            write(guest, view, round);
          };
          try {
            await pool.run(
              (guest, lease) => {
                work(guest, lease.view);
                if (ending === 'throw') throw new RangeError('on purpose');
                if (ending === 'trap') guest.trap(1, 1);
                if (ending === 'discard') lease.discard();
                return ending === 'late' ? new Promise(() => undefined) : undefined;
              },
              ending === 'late' ? { runTimeoutMs: 0 } : undefined,
            );
          } catch (error) {
            const isDue = error instanceof RangeError || error instanceof WebAssembly.RuntimeError;
            if (!isDue && !(error instanceof PagefoldError && error.code === 'ERR_PAGEFOLD_GUEST_LOST')) throw error;
          }
          // The same guest again and again, so that it learns which pages are hot.
          for (let cycle = 0; cycle < 4; cycle++) await pool.run((guest, lease) => work(guest, lease.view));
        }
        const { discarded, resets } = pool.stats();
        t.deepEqual([discarded.trap, discarded.discarded, discarded.timeout], [3, 3, 3], name);
        t.true(resets >= 60);
        t.is(discarded.reset, 0);
        await pool.close();
      }
    });
  }
}
