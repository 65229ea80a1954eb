import Table from 'cli-table3';

import { TOTAL } from '../../harness/burst.ts';
import { digits, times } from '../../harness/print/amount.ts';
import { leastOf, medianOf, ratioOf, type CaseResult } from '../../harness/result.ts';
import { layouts, type Layout } from './grid.ts';
import { PAGEFOLD_IN_NODE } from './node-subject.ts';
import { PAGEFOLD_IN_RUST, POOL_DEFAULT, POOL_SCAN } from './rust-subject.ts';

interface Column {
  readonly head: string;
  readonly of: (result: CaseResult) => string;
}

const total = (subject: string): Column => ({
  head: `${subject}\n${TOTAL}`,
  of: (result) => digits(medianOf(result, subject, TOTAL)),
});

/** In the least disturbed round, because these are wall-clock times. */
const part = (subject: string, name: string): Column => ({
  head: `${subject}\n${name}`,
  of: (result) => digits(leastOf(result, subject, name)),
});

const ratio = (of: string, to: string): Column => ({
  head: `${of}\n÷ ${to}`,
  of: (result) => times(ratioOf(result, of, to, TOTAL)),
});

const param = (name: string, head: string): Column => ({ head, of: ({ case: { params } }) => String(params[name]) });

const CELL: readonly Column[] = [
  { head: 'slot\nMiB', of: ({ case: { params } }) => String(Number(params['slotBytes']) / 2 ** 20) },
  param('residentPages', 'pages\nresident'),
  param('dirtyPages', 'pages\ndirty'),
];

const TOTALS: readonly Column[] = [
  ...[POOL_SCAN, POOL_DEFAULT, PAGEFOLD_IN_RUST, PAGEFOLD_IN_NODE].map(total),
  ...[PAGEFOLD_IN_RUST, PAGEFOLD_IN_NODE].map((to) => ratio(POOL_SCAN, to)),
  ...[PAGEFOLD_IN_RUST, PAGEFOLD_IN_NODE].map((to) => ratio(POOL_DEFAULT, to)),
];

const PARTS: readonly Column[] = [
  ...[POOL_SCAN, POOL_DEFAULT].flatMap((name) => ['instantiate', 'call', 'drop'].map((step) => part(name, step))),
  ...[PAGEFOLD_IN_RUST, PAGEFOLD_IN_NODE].flatMap((name) => ['call', 'reset'].map((step) => part(name, step))),
];

/** Two tables for each layout: the CPU time of a cycle, and its parts. */
export function printTables(results: readonly CaseResult[]): void {
  for (const layout of Object.keys(layouts) as Layout[]) {
    const rows = results.filter(({ case: { name } }) => name === layout);
    console.log(`\n${layout}: ${layouts[layout]}; µs of CPU time a cycle`);
    print([...CELL, ...TOTALS], rows);
    console.log(`\n${layout}: the parts of a cycle, µs in the least disturbed round`);
    print([...CELL, ...PARTS], rows);
  }
}

function print(columns: readonly Column[], results: readonly CaseResult[]): void {
  const table = new Table({
    head: columns.map(({ head }) => head.replaceAll(', ', ',\n').replaceAll(' in ', '\nin ')),
    style: { head: [], border: [], compact: true },
    colAligns: columns.map(() => 'right'),
  });
  table.push(...results.map((result) => columns.map(({ of }) => of(result))));
  console.log(table.toString());
}
