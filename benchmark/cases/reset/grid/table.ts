import { digits } from '../../../harness/print/amount.ts';
import type { MeasuredCell } from './measured-cell.ts';

/** One row a cell, printed as it is measured. */
const COLUMNS: readonly (readonly [head: string, width: number, cell: (measured: MeasuredCell) => string])[] = [
  ['slot', 6, ({ cell }) => `${cell.slotMebibytes} M`],
  ['resident', 9, ({ cell }) => `${cell.resident}`],
  ['dirty', 6, ({ cell }) => `${cell.dirty}`],
  ['random', 7, ({ cell }) => `${cell.randomPercent} %`],
  ['', 5, ({ cell }) => (cell.busy ? 'busy' : 'idle')],
  ['whole copy', 11, ({ totals }) => digits(totals.wholeCopy)],
  ['madvise', 8, ({ totals }) => digits(totals.madvise)],
  ['wasmtime-style', 15, ({ totals }) => digits(totals.wasmtimeStyle)],
  ['bare best', 10, ({ totals }) => digits(totals.bare)],
  ['pagefold', 9, ({ totals }) => digits(totals.pagefold)],
  ['in JavaScript', 14, ({ totals }) => digits(totals.javascript)],
  ['÷ best', 7, ({ toBest }) => `${toBest.toFixed(2)}×`],
  ['which is', 29, ({ best }) => best],
  ['call', 9, ({ call }) => `${call.toFixed(2)} µs`],
  ['JS − Rust, reset', 17, ({ moreInJavascript }) => `${moreInJavascript.toFixed(2)} µs`],
];

export const TABLE_HEAD = `\nreset: guest and reset together, µs a cycle; the ratio is pagefold's from Rust\n${line(([head]) => head)}`;

export function tableRow(measured: MeasuredCell): string {
  return line(([, , cell]) => cell(measured));
}

function line(text: (column: (typeof COLUMNS)[number]) => string): string {
  return COLUMNS.map((column) => text(column).padStart(column[1])).join('');
}
