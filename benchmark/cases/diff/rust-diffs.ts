import type { Subject } from '../../harness/case.ts';
import type { RustBench } from '../../harness/rust-bench.ts';

/** How long a burst of one subject is to take, and how many runs it has at most. */
const BURST_MICROSECONDS = 20_000;
const RUNS_MAX = 64;

/** Name of the only part: what a run takes. */
export const RUN = 'run';

/** A case of the Rust benchmark (crates/core/benches/diff/case.rs). */
export interface RustCase {
  readonly subjects: readonly string[];
  /** What is known without timing, in bytes or as a count. */
  readonly facts: Readonly<Record<string, number>>;
}

/** Begins a case; the one before ends. */
export async function beginCase(bench: RustBench, name: string): Promise<RustCase> {
  return JSON.parse(await bench.ask(`case ${name}`)) as RustCase;
}

/** The subject at this place of the case that has begun. */
export function rustSubject(bench: RustBench, name: string, index: number): Subject {
  let runs = 1;
  const measure = async (): Promise<number> => {
    const answer = JSON.parse(await bench.ask(`burst ${index} ${runs}`)) as { readonly microseconds: number };
    return answer.microseconds;
  };
  return {
    name,
    check: async () => void (await bench.ask(`check ${index}`)),
    async warmUp() {
      runs = Math.min(RUNS_MAX, Math.ceil(BURST_MICROSECONDS / (await measure())));
    },
    measure: async () => ({ [RUN]: await measure() }),
  };
}
