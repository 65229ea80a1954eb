import { doctor } from 'pagefold';

import { buildBench } from '../../../harness/rust-bench.ts';
import type { Bench } from '../../../harness/suite.ts';
import { allCells, fewCells, someCells } from './cells.ts';
import { cellFigures } from './figures.ts';
import { measureCell, type MeasuredCell } from './measured-cell.ts';
import { sixteenViews } from './sixteen-views.ts';
import { size } from './size.ts';
import { TABLE_HEAD, tableRow } from './table.ts';

/** The bare loop and the server know only this way of tracking. */
const TRACKER = 'uffd-wp';

/** Every strategy in cells of all sizes: some of them, or with PAGEFOLD_BENCH_GRID=full all. */
export async function grid(bench: Bench): Promise<void> {
  const finding = doctor().trackers.find(({ name }) => name === TRACKER);
  if (finding?.available !== true) {
    bench.note(`grid: skipped, ${TRACKER} does not work on this machine: ${finding?.reason}`);
    return;
  }
  const binary = buildBench('reset', bench);
  const full = process.env['PAGEFOLD_BENCH_GRID'] === 'full';
  const cells = bench.quick ? fewCells() : full ? allCells() : someCells();
  bench.note(TABLE_HEAD);
  const measured: MeasuredCell[] = [];
  for (const cell of cells) {
    const result = await measureCell(binary, cell, bench.quick);
    bench.note(tableRow(result));
    measured.push(result);
  }
  if (!bench.quick) cellFigures(bench, measured);
  await size(bench, binary);
  await sixteenViews(bench, binary);
}
