import { TOTAL } from '../../../harness/burst.ts';
import { amount, times } from '../../../harness/print/amount.ts';
import { leastOf, ratioOf, type CaseResult } from '../../../harness/result.ts';
import type { Bench } from '../../../harness/suite.ts';
import { cellOrder, type Cell } from './cell.ts';
import { RustServer } from './rust-server.ts';
import { rustSubject } from './rust-subject.ts';

const DIRTY = 16;
const FEW = 1024;
const MANY = 16_384;

/** A slot with a guest. */
interface Sized {
  readonly name: string;
  readonly cell: Cell;
  /** Which ways of resetting it are measured. */
  readonly subjects: readonly ('pagefold' | 'bare-never')[];
}

const FEW_IN_LITTLE = sized('64 MiB, 1024 pages resident', 64, FEW);
const MANY_IN_LITTLE = sized('64 MiB, 16,384 pages resident', 64, MANY);
const MANY_IN_MUCH = sized('4 GiB, 16,384 pages resident', 4096, MANY);
const FEW_UNREAD = unread(FEW_IN_LITTLE);
const MANY_UNREAD = unread(MANY_IN_LITTLE);

/** The promise is about both together, as everywhere in the grid; the reset alone is the stricter one. */
const PARTS = [
  [TOTAL, 'guest + reset'],
  ['reset', 'reset alone'],
] as const;
const WANTED_RATIO = 1.5;
const WANTED_NANOSECONDS = 1.5;

/** What a reset costs in a larger slot, and with more pages resident. */
export async function size(bench: Bench, binary: string): Promise<void> {
  const all = [FEW_IN_LITTLE, MANY_IN_LITTLE, MANY_IN_MUCH, FEW_UNREAD, MANY_UNREAD];
  const served = all.map((each) => ({ ...each, server: new RustServer(binary) }));
  try {
    for (const { cell, server } of served) await server.begin(cellOrder(cell));
    const result = await bench.run({
      suite: 'reset',
      name: 'size',
      title: `what a slot's size costs; ${DIRTY} dirty pages, always the same, from Rust`,
      params: { dirtyPages: DIRTY },
      unit: 'µs',
      rounds: 21,
      subjects: served.flatMap(({ server, subjects, ...each }) =>
        subjects.map((subject) => rustSubject({ name: named(each, subject), subject, server, arms: true })),
      ),
      ratios: [{ of: MANY_IN_MUCH.name, to: MANY_IN_LITTLE.name }],
    });
    if (!bench.quick) figures(bench, result);
  } finally {
    for (const { server } of served) server.close();
  }
}

function figures(bench: Bench, result: CaseResult): void {
  for (const [part, what] of PARTS) {
    const ratio = ratioOf(result, MANY_IN_MUCH.name, MANY_IN_LITTLE.name, part);
    bench.figure({
      figure: `${what}, ${DIRTY} dirty pages of ${MANY}: a slot of 4 GiB ÷ one of 64 MiB`,
      wanted: `≤ ${WANTED_RATIO}×`,
      measured: times(ratio),
      reached: ratio <= WANTED_RATIO,
    });
  }
  // Noise only ever adds.
  const growth = (few: string, many: string): number =>
    (leastOf(result, many, 'reset') - leastOf(result, few, 'reset')) / (MANY - FEW);
  const bare = growth(named(FEW_UNREAD, 'bare-never'), named(MANY_UNREAD, 'bare-never'));
  const ours = growth(FEW_UNREAD.name, MANY_UNREAD.name);
  bench.figure({
    figure:
      `reset, ${DIRTY} dirty pages: growth from ${FEW} to ${MANY} pages resident, a page\n` +
      `the bare loop: ${amount(bare, 'µs')}; ` +
      `where the guest reads them all: ${amount(growth(FEW_IN_LITTLE.name, MANY_IN_LITTLE.name), 'µs')}`,
    wanted: `≤ ${WANTED_NANOSECONDS} ns`,
    measured: amount(ours, 'µs'),
    reached: ours * 1000 <= WANTED_NANOSECONDS,
  });
}

function sized(name: string, slotMebibytes: number, resident: number): Sized {
  const cell = { slotMebibytes, resident, dirty: DIRTY, randomPercent: 0, busy: false };
  return { name, cell, subjects: ['pagefold'] };
}

/** The same, and the guest touches only what it writes: what the kernel has to look through may stay in the caches. */
function unread({ name, cell }: Sized): Sized {
  return { name: `${name}, unread`, cell: { ...cell, read: 0 }, subjects: ['pagefold', 'bare-never'] };
}

function named({ name }: Pick<Sized, 'name'>, subject: Sized['subjects'][number]): string {
  return subject === 'pagefold' ? name : `${name}, bare loop`;
}
