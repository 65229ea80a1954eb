import type { Case } from './case.ts';
import type { CaseResult } from './result.ts';

/** A figure that the project has promised. */
export interface Figure {
  readonly figure: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** What a suite is given to work with. */
export interface Bench {
  /** Each case runs once, for its checks. Times mean nothing then. */
  readonly quick: boolean;
  /** Runs a case and prints what it gave. */
  run(measured: Case): Promise<CaseResult>;
  /** Says something in words. */
  note(text: string): void;
  /** Compares with a promised figure; not called in a quick run. */
  figure(figure: Figure): void;
}

export interface Suite {
  readonly name: string;
  /** In one line, for the list of suites. */
  readonly shows: string;
  run(bench: Bench): Promise<void>;
}
