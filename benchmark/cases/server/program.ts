import { WrongResult } from '../../harness/wrong-result.ts';

const ORDERS = JSON.stringify(
  Array.from({ length: 40 }, (_, id) => ({ id, customer: `c${id % 7}`, cents: (id * 7919) % 10_007 })),
);

/** The least that a request can be, and what a handler of a small service does. */
export interface Program {
  readonly name: string;
  readonly words: string;
  /** Answers with a list: how many programs it finds traces of, and what it has computed. */
  readonly source: string;
  readonly value: unknown;
}

/** Counts programs in a place where only a reset forgets them: a module that all of them share. */
const COUNT = `import builtins
earlier = getattr(builtins, "programs", 0)
builtins.programs = earlier + 1
`;

const EMPTY: Program = {
  name: 'empty',
  words: 'a program that does next to nothing',
  source: `${COUNT}[earlier, 6 * 7]`,
  value: 42,
};

const HANDLER: Program = {
  name: 'handler',
  words: 'a small JSON handler',
  source: `${COUNT}import json
totals = {}
for order in json.loads('${ORDERS}'):
    totals[order["customer"]] = totals.get(order["customer"], 0) + order["cents"]
[earlier, json.dumps(totals)]`,
  value: '{"c0": 20928, "c1": 38421, "c2": 25893, "c3": 33379, "c4": 30858, "c5": 21794, "c6": 31368}',
};

export const PROGRAMS: readonly Program[] = [EMPTY, HANDLER];

/**
 * How many earlier programs this one has found traces of.
 *
 * @throws {WrongResult} when it has not computed what it should have
 */
export function tracesIn(program: Program, status: number, body: string): number {
  if (status !== 200) throw new WrongResult(`${program.name}: status ${status}: ${body.slice(0, 500)}`);
  const { result } = JSON.parse(body) as { result?: unknown };
  if (!Array.isArray(result) || result[1] !== program.value || typeof result[0] !== 'number') {
    throw new WrongResult(`${program.name}: Python answered ${JSON.stringify(result)}`);
  }
  return result[0];
}
