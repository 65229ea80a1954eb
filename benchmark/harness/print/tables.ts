import Table from 'cli-table3';

import type { PairResult } from '../result.ts';
import type { Spread } from '../spread.ts';
import { amount, times } from './amount.ts';
import type { Printer } from './printer.ts';

/** Tables for people. */
export const tables: Printer = {
  case({ case: measured, subjects, ratios, differences }) {
    const { suite, title, unit } = measured;
    const parts = [...new Set(subjects.flatMap((subject) => [...subject.parts.keys()]))];
    const columns = ratioColumns(ratios);
    const rows = subjects.map(({ subject, parts: own }) => [
      subject,
      ...parts.map((part) => cell(own.get(part), unit)),
      ...columns.map((column) => ratioIn(ratios, column, subject)),
    ]);
    for (const { of, to, parts: own } of differences) {
      rows.push([`${of} − ${to}`, ...parts.map((part) => cell(own.get(part), unit))]);
    }
    console.log(`\n${suite}: ${title}`);
    print(['', ...parts, ...columns.map(({ of, part }) => `${of}\n÷ it, ${part}`)], rows);
  },
  note(text) {
    console.log(text);
  },
  figures(figures) {
    if (figures.length === 0) return;
    console.log('\nFigures');
    print(
      ['figure', 'wanted', 'measured', 'reached'],
      figures.map(({ figure, wanted, measured, reached }) => [figure, wanted, measured, reached ? 'yes' : 'NO']),
    );
  },
};

function cell(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return '';
  const { median, min, max, runs } = spread;
  return runs === 1 ? amount(median, unit) : `${amount(median, unit)}  (${amount(min, unit)} – ${amount(max, unit)})`;
}

interface RatioColumn {
  readonly of: string;
  readonly part: string;
}

/** One column for each subject that others are set against, and each part. */
function ratioColumns(ratios: readonly PairResult[]): RatioColumn[] {
  const columns = new Map<string, RatioColumn>();
  for (const { of, parts } of ratios) {
    for (const part of parts.keys()) columns.set(`${of}\n${part}`, { of, part });
  }
  return [...columns.values()];
}

function ratioIn(ratios: readonly PairResult[], { of, part }: RatioColumn, subject: string): string {
  const spread = ratios.find((ratio) => ratio.of === of && ratio.to === subject)?.parts.get(part);
  return spread === undefined ? '' : times(spread.median);
}

function print(head: string[], rows: string[][]): void {
  const table = new Table({
    head,
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...rows);
  console.log(table.toString());
}
