import Table from 'cli-table3';

import { digits } from '../../harness/print/amount.ts';
import { spreadOf } from '../../harness/spread.ts';
import type { Answer, Measurement } from './measurement.ts';
import { layouts, type Layout } from './pair.ts';
import type { WayName } from './ways/list.ts';

const MEBIBYTE = 2 ** 20;

/** What one package made of one pair, round by round. */
export interface Row {
  readonly way: WayName;
  readonly layout: Layout;
  readonly mebibytes: number;
  readonly answers: Answer[];
}

/** A table for each layout. */
export function printTables(rows: readonly Row[]): void {
  for (const layout of Object.keys(layouts) as Layout[]) {
    console.log(`\n${layout}: ${layouts[layout]}`);
    const table = new Table({
      head: ['', 'pair\nMiB', 'encode\nms', 'decode\nms', 'sent\nbytes', 'memory\nMiB', 'rounds'],
      style: { head: [], border: [], compact: true },
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    });
    for (const row of rows.filter((row) => row.layout === layout)) table.push(cells(row));
    console.log(table.toString());
  }
}

function cells({ way, mebibytes, answers }: Row): string[] {
  const done = measured(answers);
  if (done.length === 0) return [way, String(mebibytes), failureOf(answers) ?? '', '', '', '', ''];
  return [
    way,
    String(mebibytes),
    digits(spreadOf(done.map((each) => each.encodeMilliseconds)).median),
    digits(spreadOf(done.map((each) => each.decodeMilliseconds)).median),
    (done[0]?.deltaBytes ?? 0).toLocaleString('en-US'),
    digits(spreadOf(done.map((each) => each.memoryBytes)).median / MEBIBYTE),
    String(done.length),
  ];
}

/** One object a line, on stdout. */
export function printLines(rows: readonly Row[]): void {
  for (const { way, layout, mebibytes, answers } of rows) {
    const head = { suite: 'diff-packages', case: layout, params: { mebibytes }, subject: way };
    const done = measured(answers);
    if (done.length === 0) {
      console.log(JSON.stringify({ ...head, failure: failureOf(answers) }));
      continue;
    }
    const units = { encodeMilliseconds: 'ms', decodeMilliseconds: 'ms', deltaBytes: 'bytes', memoryBytes: 'bytes' };
    for (const [part, unit] of Object.entries(units)) {
      const spread = spreadOf(done.map((each) => each[part as keyof Measurement]));
      console.log(JSON.stringify({ ...head, params: { ...head.params, part }, ...spread, unit }));
    }
  }
}

function measured(answers: readonly Answer[]): Measurement[] {
  return answers.filter((answer): answer is Measurement => !('failure' in answer));
}

function failureOf(answers: readonly Answer[]): string | undefined {
  return answers.map((answer) => ('failure' in answer ? answer.failure : undefined)).find((failure) => failure);
}
