import { times } from '../../harness/print/amount.ts';
import { ratioOf, type CaseResult } from '../../harness/result.ts';
import { buildBench, RustBench } from '../../harness/rust-bench.ts';
import type { Bench, Suite } from '../../harness/suite.ts';
import { diffCases, joinCases, type DiffCase } from './cases.ts';
import { beginCase, RUN, rustSubject } from './rust-diffs.ts';

const ROUNDS = 15;
/**
 * After so many rounds the memories are made anew: which pages of the machine they get, and so which caches these share, makes
 * a difference of a tenth to some subjects, and stays the same for as long as a memory is there.
 */
const ROUNDS_PER_MEMORY = 3;
/** An encoded diff of every second byte, against the pages themselves. */
const SIZE_WANTED = 1.1;

export const diff: Suite = {
  name: 'diff',
  shows: 'diffs, merges and their encoding, against the least that the same could cost',
  async run(bench) {
    const rust = new RustBench(buildBench('diff', bench));
    try {
      for (const each of diffCases) await runCase(bench, rust, each, ROUNDS_PER_MEMORY);
      for (const each of joinCases) await runCase(bench, rust, each, ROUNDS);
    } finally {
      rust.close();
    }
  },
};

async function runCase(bench: Bench, rust: RustBench, each: DiffCase, roundsPerMemory: number): Promise<void> {
  const { subjects, facts } = await beginCase(rust, each.name);
  const pairs = [
    ...subjects.filter((of) => of !== each.reference).map((of) => ({ of, to: each.reference })),
    ...each.promises.filter(({ to }) => to !== each.reference).map(({ of, to }) => ({ of, to })),
  ];
  const result = await bench.run({
    suite: 'diff',
    name: each.name,
    title: each.title,
    params: { ...each.params, ...facts },
    unit: 'µs',
    rounds: ROUNDS,
    async beginRound(round) {
      if (round > 0 && round % roundsPerMemory === 0) await beginCase(rust, each.name);
    },
    subjects: subjects.map((name, index) => rustSubject(rust, name, index)),
    ratios: pairs,
  });
  if (Object.keys(facts).length > 0) bench.note(Object.entries(facts).map(inWords).join(', '));
  if (bench.quick) return;
  compareWithWanted(bench, each, result);
  const { encodedBytes, pageBytes } = facts;
  if (each.name !== 'diff-half' || encodedBytes === undefined || pageBytes === undefined) return;
  bench.figure({
    figure: 'encoded diff of every second byte ÷ the pages',
    wanted: `≤ ${times(SIZE_WANTED)}`,
    measured: times(encodedBytes / pageBytes),
    reached: encodedBytes <= SIZE_WANTED * pageBytes,
  });
}

function compareWithWanted(bench: Bench, { promises }: DiffCase, result: CaseResult): void {
  for (const { figure, of, to, atMost, atLeast } of promises) {
    const ratio = ratioOf(result, of, to, RUN);
    bench.figure({
      figure,
      wanted: atMost === undefined ? `≥ ${times(atLeast ?? 0)}` : `≤ ${times(atMost)}`,
      measured: times(ratio),
      reached: atMost === undefined ? ratio >= (atLeast ?? 0) : ratio <= atMost,
    });
  }
}

function inWords([fact, value]: [string, number]): string {
  return `${fact}: ${value.toLocaleString('en-US')}`;
}
