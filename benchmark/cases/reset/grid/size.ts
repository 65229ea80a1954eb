import { TOTAL } from '../../../harness/burst.ts';
import { amount, times } from '../../../harness/print/amount.ts';
import { leastOf, ratioOf } from '../../../harness/result.ts';
import type { Bench } from '../../../harness/suite.ts';
import { cellOrder, type Cell } from './cell.ts';
import { RustServer } from './rust-server.ts';
import { rustSubject } from './rust-subject.ts';

const DIRTY = 16;
const FEW = 1024;
const MANY = 16_384;

const FEW_IN_LITTLE = '64 MiB, 1024 pages resident';
const MANY_IN_LITTLE = '64 MiB, 16,384 pages resident';
const MANY_IN_MUCH = '4 GiB, 16,384 pages resident';

/** The promise is about both together, as everywhere in the grid; the reset alone is the stricter one. */
const PARTS = [
  [TOTAL, 'guest + reset'],
  ['reset', 'reset alone'],
] as const;
const WANTED_RATIO = 1.5;
const WANTED_NANOSECONDS = 1.5;

/** What a reset costs in a larger slot, and with more pages resident. */
export async function size(bench: Bench, binary: string): Promise<void> {
  const cells: [string, Cell][] = [
    [FEW_IN_LITTLE, cell(64, FEW)],
    [MANY_IN_LITTLE, cell(64, MANY)],
    [MANY_IN_MUCH, cell(4096, MANY)],
  ];
  const servers = cells.map(() => new RustServer(binary));
  try {
    for (const [index, [, cell]] of cells.entries()) await servers[index]?.begin(cellOrder(cell));
    const result = await bench.run({
      suite: 'reset',
      name: 'size',
      title: `what a slot's size costs; ${DIRTY} dirty pages, always the same, pagefold from Rust`,
      params: { dirtyPages: DIRTY },
      unit: 'µs',
      rounds: 21,
      subjects: servers.map((server, index) => {
        const [name] = cells[index] as [string, Cell];
        return rustSubject({ name, subject: 'pagefold', server, arms: true });
      }),
      ratios: [{ of: MANY_IN_MUCH, to: MANY_IN_LITTLE }],
    });
    if (bench.quick) return;
    for (const [part, what] of PARTS) {
      const ratio = ratioOf(result, MANY_IN_MUCH, MANY_IN_LITTLE, part);
      bench.figure({
        figure: `${what}, ${DIRTY} dirty pages of ${MANY}: a slot of 4 GiB ÷ one of 64 MiB`,
        wanted: `≤ ${WANTED_RATIO}×`,
        measured: times(ratio),
        reached: ratio <= WANTED_RATIO,
      });
    }
    // Noise only ever adds.
    const growth = leastOf(result, MANY_IN_LITTLE, 'reset') - leastOf(result, FEW_IN_LITTLE, 'reset');
    const nanoseconds = (growth * 1000) / (MANY - FEW);
    bench.figure({
      figure: `reset, ${DIRTY} dirty pages: growth from ${FEW} to ${MANY} pages resident, a page`,
      wanted: `≤ ${WANTED_NANOSECONDS} ns`,
      measured: amount(nanoseconds / 1000, 'µs'),
      reached: nanoseconds <= WANTED_NANOSECONDS,
    });
  } finally {
    for (const server of servers) server.close();
  }
}

function cell(slotMebibytes: number, resident: number): Cell {
  return { slotMebibytes, resident, dirty: DIRTY, randomPercent: 0, busy: false };
}
