import { amount, times } from '../../../harness/print/amount.ts';
import type { Bench } from '../../../harness/suite.ts';
import { cellName, isSparselyDirty } from './cell.ts';
import type { Counted, MeasuredCell } from './measured-cell.ts';

const WANTED_TO_BEST = 1.06;
const WANTED_TO_UNTRACKED = 1 / 3;
const WANTED_CALL = 1;

/** What was promised about the cells. */
export function cellFigures(bench: Bench, cells: readonly MeasuredCell[]): void {
  toBest(bench, cells);
  const sparse = cells.filter(({ cell }) => isSparselyDirty(cell));
  toUntracked(bench, sparse, 'wasmtime-style', ({ toWasmtimeStyle }) => toWasmtimeStyle);
  toUntracked(bench, sparse, 'madvise', ({ toMadvise }) => toMadvise);
  callFromJavascript(bench, cells);
  steadiness(bench, cells, 'page faults', ({ faults }) => faults);
  steadiness(bench, cells, 'TLB shootdowns', ({ shootdowns }) => shootdowns);
}

function toBest(bench: Bench, cells: readonly MeasuredCell[]): void {
  const worst = worstOf(cells, ({ toBest }) => toBest);
  if (worst === undefined) return;
  const above = cells.filter(({ toBest }) => toBest > WANTED_TO_BEST);
  bench.figure({
    figure: `guest + reset, ${cells.length} cells: pagefold ÷ the best of the others\nworst: ${cellName(worst.cell)}, ÷ ${worst.best}`,
    wanted: `≤ ${WANTED_TO_BEST}×`,
    measured: `${times(worst.toBest)}, above in ${above.length}`,
    reached: above.length === 0,
  });
}

function toUntracked(
  bench: Bench,
  cells: readonly MeasuredCell[],
  other: string,
  ratio: (measured: MeasuredCell) => number,
): void {
  const worst = worstOf(cells, ratio);
  if (worst === undefined) return;
  bench.figure({
    figure: `dirty ≤ 2 % of ≥ 1024 resident, ${cells.length} cells: pagefold ÷ ${other}\nworst: ${cellName(worst.cell)}`,
    wanted: `≤ ${times(WANTED_TO_UNTRACKED)}`,
    measured: times(ratio(worst)),
    reached: ratio(worst) <= WANTED_TO_UNTRACKED,
  });
}

function callFromJavascript(bench: Bench, cells: readonly MeasuredCell[]): void {
  const worst = worstOf(cells, ({ call }) => call);
  if (worst === undefined) return;
  const above = cells.filter(({ call }) => call > WANTED_CALL);
  bench.figure({
    figure: `reset from JavaScript, ${cells.length} cells: beyond the time in Rust\nworst: ${cellName(worst.cell)}`,
    wanted: `≤ ${WANTED_CALL} µs`,
    measured: `${amount(worst.call, 'µs')}, above in ${above.length}`,
    reached: above.length === 0,
  });
}

function steadiness(
  bench: Bench,
  cells: readonly MeasuredCell[],
  what: string,
  count: (counted: Counted) => number,
): void {
  const steady = cells.flatMap(({ cell, counted }) => (counted === undefined ? [] : [{ cell, count: count(counted) }]));
  const worst = worstOf(steady, ({ count }) => count);
  if (worst === undefined) return;
  bench.figure({
    figure: `a stable working set, ${steady.length} cells: ${what} a cycle\nworst: ${cellName(worst.cell)}`,
    wanted: '0',
    measured: worst.count.toFixed(4),
    reached: worst.count === 0,
  });
}

function worstOf<T>(items: readonly T[], badness: (item: T) => number): T | undefined {
  return items.toSorted((a, b) => badness(b) - badness(a))[0];
}
