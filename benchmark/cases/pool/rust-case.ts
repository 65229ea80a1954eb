import type { CaseResult } from '../../harness/result.ts';
import type { RustBench } from '../../harness/rust-bench.ts';
import type { Bench } from '../../harness/suite.ts';
import { beginCase, rustSubject } from '../diff/rust-diffs.ts';

const ROUNDS = 11;

/** One case of the Rust benchmark. */
export interface RustPoolCase {
  readonly name: string;
  readonly title: string;
  readonly byteLength: number;
  /** Every subject is set against this one. */
  readonly reference: string;
}

/** What a case of the Rust benchmark gave, and what it tells without timing. */
export interface RustPoolResult {
  readonly result: CaseResult;
  readonly facts: Readonly<Record<string, number>>;
}

export async function runRustCase(bench: Bench, rust: RustBench, each: RustPoolCase): Promise<RustPoolResult> {
  const { name, title, byteLength, reference } = each;
  const { subjects, facts } = await beginCase(rust, name);
  const result = await bench.run({
    suite: 'pool',
    name,
    title,
    params: { byteLength, ...facts },
    unit: 'µs',
    rounds: ROUNDS,
    subjects: subjects.map((subject, index) => rustSubject(rust, subject, index)),
    ratios: subjects.filter((of) => of !== reference).map((of) => ({ of, to: reference })),
  });
  return { result, facts };
}
