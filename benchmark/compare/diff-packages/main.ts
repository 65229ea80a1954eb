import { parseArgs } from 'node:util';

import { WrongResult } from '../../harness/wrong-result.ts';
import { ask } from './ask.ts';
import { layouts, type Layout } from './pair.ts';
import { printLines, printTables, type Row } from './print.ts';
import { wayNames, type WayName } from './ways/list.ts';

const USAGE = `Usage: node --import=tsx benchmark/compare/diff-packages/main.ts [--quick] [--json] [--memory MIB] [--rounds N]

  --quick     1 MiB, once, for the checks; times mean nothing
  --json      one object a line
  --memory    MiB of each of the two memories (64)
  --smaller   MiB for packages that cannot do that (8)
  --rounds    rounds over all packages (3); those that take minutes are in the first one only
  --limit     seconds after which a package is ended (600)
  --ways      some of: ${wayNames.join('; ')}; divided by ';'
  --help`;

/** Who needs longer than this for a pair takes part in the first round only. */
const SLOW_MILLISECONDS = 20_000;

interface Numbers {
  readonly names: readonly WayName[];
  readonly mebibytes: number;
  readonly smaller: number;
  readonly rounds: number;
  readonly secondsMax: number;
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    memory: { type: 'string', default: '64' },
    smaller: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    limit: { type: 'string', default: '600' },
    ways: { type: 'string', default: wayNames.join(';') },
    help: { type: 'boolean', default: false },
  },
});

/** Every package in every round; what is too much for one is done once with a smaller pair, in a row of its own. */
function compare({ names, mebibytes, smaller, rounds, secondsMax }: Numbers): Row[] {
  const rows: Row[] = [];
  for (const layout of Object.keys(layouts) as Layout[]) {
    const own = names.map((way): Row => ({ way, layout, mebibytes, answers: [] }));
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < own.length; turn += 1) {
        const row = own[(round + turn) % own.length] as Row;
        if (round > 0 && isSlowOrFailed(row)) continue;
        console.error(`${layout}, round ${round + 1}: ${row.way}`);
        row.answers.push(ask({ way: row.way, layout, mebibytes, runs: 1 }, secondsMax));
      }
    }
    for (const row of own) {
      rows.push(row);
      if (!row.answers.some((answer) => 'failure' in answer)) continue;
      console.error(`${layout}, ${smaller} MiB: ${row.way}`);
      const answer = ask({ way: row.way, layout, mebibytes: smaller, runs: 1 }, secondsMax);
      rows.push({ ...row, mebibytes: smaller, answers: [answer] });
    }
  }
  return rows;
}

function namesIn(list: string): WayName[] {
  const names = list.split(';').map((name) => name.trim());
  const unknown = names.find((name) => !wayNames.includes(name as WayName));
  if (unknown !== undefined) throw new Error(`there is no way named '${unknown}'`);
  return names as WayName[];
}

function isSlowOrFailed({ answers }: Row): boolean {
  return answers.some((answer) => 'failure' in answer || answer.encodeMilliseconds > SLOW_MILLISECONDS);
}

if (values.help) {
  console.log(USAGE);
} else {
  const { quick, json } = values;
  const numbers: Numbers = {
    names: namesIn(values.ways),
    mebibytes: quick ? 1 : Number(values.memory),
    smaller: quick ? 1 : Number(values.smaller),
    rounds: quick ? 1 : Number(values.rounds),
    secondsMax: Number(values.limit),
  };
  try {
    const rows = compare(numbers);
    if (json) printLines(rows);
    else printTables(rows);
  } catch (error) {
    if (!(error instanceof WrongResult)) throw error;
    console.error(`wrong result: ${error.message}`);
    process.exitCode = 1;
  }
}
