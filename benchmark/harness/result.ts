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
export function medianOf({ subjects }: CaseResult, subject: string, part: string): number {
  return found(subjects.find((each) => each.subject === subject)?.parts, part, subject);
}

/** The median of the ratios, round by round, of a part. */
export function ratioOf({ ratios }: CaseResult, of: string, to: string, part: string): number {
  return found(ratios.find((each) => each.of === of && each.to === to)?.parts, part, `${of} / ${to}`);
}

/** The median of the differences, round by round, of a part. */
export function differenceOf({ differences }: CaseResult, of: string, to: string, part: string): number {
  return found(differences.find((each) => each.of === of && each.to === to)?.parts, part, `${of} - ${to}`);
}

function found(parts: ReadonlyMap<string, Spread> | undefined, part: string, name: string): number {
  const spread = parts?.get(part);
  if (spread === undefined) throw new Error(`the case has no '${part}' of '${name}'`);
  return spread.median;
}
