import type { Case, Pair } from './case.ts';
import type { Spread } from './spread.ts';

/** One subject of a case, part by part. */
export interface SubjectResult {
  readonly subject: string;
  readonly parts: ReadonlyMap<string, Spread>;
}

/** Two subjects of a case, part by part. */
export interface PairResult extends Pair {
  readonly parts: ReadonlyMap<string, Spread>;
}

export interface CaseResult {
  readonly case: Case;
  readonly subjects: readonly SubjectResult[];
  readonly ratios: readonly PairResult[];
  readonly differences: readonly PairResult[];
}

/** The median of a part of a subject. */
export function medianOf(result: CaseResult, subject: string, part: string): number {
  return spreadIn(result, subject, part).median;
}

/** The least of a part of a subject: what it takes when nothing disturbs it. */
export function leastOf(result: CaseResult, subject: string, part: string): number {
  return spreadIn(result, subject, part).min;
}

/** The median of the ratios, round by round, of a part. */
export function ratioOf({ ratios }: CaseResult, of: string, to: string, part: string): number {
  const spread = ratios.find((each) => each.of === of && each.to === to)?.parts.get(part);
  if (spread === undefined) throw new Error(`the case has no '${part}' of '${of} / ${to}'`);
  return spread.median;
}

function spreadIn({ subjects }: CaseResult, subject: string, part: string): Spread {
  const spread = subjects.find((each) => each.subject === subject)?.parts.get(part);
  if (spread === undefined) throw new Error(`the case has no '${part}' of '${subject}'`);
  return spread;
}
