import type { CaseResult } from '../result.ts';
import type { Printer } from './printer.ts';

/** One object a line, on stdout. Notes go to stderr. */
export const jsonLines: Printer = {
  case(result) {
    for (const line of linesOf(result)) console.log(JSON.stringify(line));
  },
  note(text) {
    console.error(text);
  },
  figures() {
    // Whoever reads lines has the ratios.
  },
};

function* linesOf({ case: measured, subjects, ratios, differences }: CaseResult): Generator<object> {
  const { suite, name, unit } = measured;
  const of = (part: string): object => ({ suite, case: name, params: { ...measured.params, part } });
  for (const { subject, parts } of subjects) {
    for (const [part, spread] of parts) yield { ...of(part), subject, ...inUnit(spread, unit) };
  }
  for (const { of: left, to, parts } of differences) {
    for (const [part, spread] of parts) yield { ...of(part), subject: `${left} - ${to}`, ...inUnit(spread, unit) };
  }
  for (const { of: left, to, parts } of ratios) {
    for (const [part, { median }] of parts) yield { ...of(part), ratio: { of: left, to, median } };
  }
}

function inUnit({ median, min, max, runs }: { median: number; min: number; max: number; runs: number }, unit: string) {
  return { median, min, max, unit, runs };
}
