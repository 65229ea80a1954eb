// tinybench times one task after the other, and one duration per task. Here every subject has its turn in every round,
// so that the machine's noise hits all alike, and a turn gives several durations (the guest's part, the reset's part).
import type { Case, Pair, Readings, Subject } from './case.ts';
import type { CaseResult, PairResult, SubjectResult } from './result.ts';
import { spreadOf } from './spread.ts';

/** What each subject gave in one round. */
type Round = ReadonlyMap<string, Readings>;

/** Checks every subject, measures them round by round, and checks them again. */
export async function runRounds(measured: Case, { quick }: { quick: boolean }): Promise<CaseResult> {
  const { subjects } = measured;
  try {
    for (const subject of subjects) await checked(subject);
    if (!quick) for (const subject of subjects) await subject.warmUp?.();
    const rounds: Round[] = [];
    for (let round = 0; round < (quick ? 1 : measured.rounds); round += 1) {
      await measured.beginRound?.(round);
      rounds.push(await runRound(subjects, round));
    }
    for (const subject of subjects) await checked(subject);
    return summedUp(measured, rounds);
  } finally {
    for (const subject of subjects) subject.dispose?.();
  }
}

/** Starts with another subject each time: whoever follows a greedy one finds cold caches. */
async function runRound(subjects: readonly Subject[], round: number): Promise<Round> {
  const readings = new Map<string, Readings>();
  for (let turn = 0; turn < subjects.length; turn += 1) {
    const subject = subjects[(round + turn) % subjects.length];
    if (subject === undefined || round % (subject.everyRounds ?? 1) !== 0) continue;
    readings.set(subject.name, await subject.measure());
  }
  return readings;
}

async function checked(subject: Subject): Promise<void> {
  try {
    await subject.check();
  } catch (error) {
    if (error instanceof Error) error.message = `${subject.name}: ${error.message}`;
    throw error;
  }
}

function summedUp(measured: Case, rounds: readonly Round[]): CaseResult {
  const subjects = measured.subjects.map(({ name }): SubjectResult => {
    const readings = rounds.map((round) => round.get(name));
    return { subject: name, parts: spreads(readings.filter((reading) => reading !== undefined)) };
  });
  const paired = (pairs: readonly Pair[] = [], join: (of: number, to: number) => number): PairResult[] =>
    pairs.map((pair) => ({ ...pair, parts: spreads(joined(rounds, pair, join)) }));
  return {
    case: measured,
    subjects,
    ratios: paired(measured.ratios, (of, to) => of / to).map((pair) => only(pair, measured.ratioParts)),
    differences: paired(measured.differences, (of, to) => of - to),
  };
}

/** The two subjects of a pair, joined in each round that both took part in, for the parts that both have. */
function joined(rounds: readonly Round[], { of, to }: Pair, join: (of: number, to: number) => number): Readings[] {
  return rounds.flatMap((round) => {
    const [left, right] = [round.get(of), round.get(to)];
    if (left === undefined || right === undefined) return [];
    const common = Object.entries(left).flatMap(([part, value]): [string, number][] => {
      const other = right[part];
      return other === undefined ? [] : [[part, join(value, other)]];
    });
    return [Object.fromEntries(common)];
  });
}

function only(pair: PairResult, parts: readonly string[] | undefined): PairResult {
  if (parts === undefined) return pair;
  return { ...pair, parts: new Map([...pair.parts].filter(([part]) => parts.includes(part))) };
}

function spreads(readings: readonly Readings[]): Map<string, ReturnType<typeof spreadOf>> {
  const parts = Object.keys(readings[0] ?? {});
  return new Map(parts.map((part) => [part, spreadOf(readings.map((reading) => reading[part] ?? Number.NaN))]));
}
