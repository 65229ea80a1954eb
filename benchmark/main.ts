import { parseArgs } from 'node:util';

import { suites } from './cases/list.ts';
import { runRounds } from './harness/rounds.ts';
import { jsonLines } from './harness/print/json-lines.ts';
import { tables } from './harness/print/tables.ts';
import type { Bench, Figure, Suite } from './harness/suite.ts';
import { WrongResult } from './harness/wrong-result.ts';

const USAGE = `Usage: npm run bench -- [SUITE...] [--quick] [--json]

Suites (default: all of them):
${suites.map(({ name, shows }) => `  ${name.padEnd(10)}${shows}`).join('\n')}

  --quick   each case once, for its checks; its times mean nothing
  --json    one object a line
  --help`;

interface Order {
  readonly chosen: readonly Suite[];
  readonly quick: boolean;
  readonly json: boolean;
}

/** What the command line asks for. @throws {Error} whose message is fit to print. */
function readOrder(args: string[]): Order | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const chosen = positionals.map((name) => {
    const suite = suites.find((suite) => suite.name === name);
    if (suite === undefined) throw new Error(`there is no suite named '${name}'`);
    return suite;
  });
  return { chosen: chosen.length > 0 ? chosen : suites, quick: values.quick, json: values.json };
}

async function runSuites({ chosen, quick, json }: Order): Promise<void> {
  const printer = json ? jsonLines : tables;
  const figures: Figure[] = [];
  const bench: Bench = {
    quick,
    async run(measured) {
      const result = await runRounds(measured, { quick });
      printer.case(result);
      return result;
    },
    note: (text) => printer.note(text),
    figure: (figure) => figures.push(figure),
  };
  for (const suite of chosen) await suite.run(bench);
  printer.figures(figures);
}

let order: Order | 'help';
try {
  order = readOrder(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(USAGE);
  process.exit(2);
}
if (order === 'help') {
  console.log(USAGE);
} else {
  try {
    await runSuites(order);
  } catch (error) {
    if (!(error instanceof WrongResult)) throw error;
    console.error(`wrong result: ${error.message}`);
    process.exitCode = 1;
  }
}
