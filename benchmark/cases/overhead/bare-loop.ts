import { spawnSync } from 'node:child_process';

import { WrongResult } from '../../harness/wrong-result.ts';

/** What to run: `bare` is the loop of system calls, the name of a tracker is `View::reset` of the core in Rust. */
export interface BareOrder {
  readonly subject: string;
  readonly mebibytes: number;
  readonly dirtyPages: number;
  readonly cycles: number;
  readonly quick: boolean;
}

interface BareLine {
  readonly case?: string;
  readonly subject?: string;
  readonly median?: number;
}

/** The median of its cycles: microseconds of a reset. The binary checks its result before and after. */
export function runBareLoop(binary: string, { subject, mebibytes, dirtyPages, cycles, quick }: BareOrder): number {
  const numbers = ['--memory', mebibytes, '--dirty', dirtyPages, '--rounds', cycles].map(String);
  const args = ['--json', '--case', subject, ...numbers, ...(quick ? ['--quick'] : [])];
  const { status, stdout, stderr, error } = spawnSync(binary, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new WrongResult(stderr.trim());
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const found = lines.map((line) => JSON.parse(line) as BareLine).find((line) => isReset(line, subject));
  if (found?.median === undefined) throw new Error(`the Rust benchmark says nothing about ${subject}`);
  return found.median;
}

function isReset(line: BareLine, subject: string): boolean {
  return line.case === 'reset' && line.subject === subject;
}
