import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { jsonLines } from '../../harness/print/json-lines.ts';
import type { CaseResult } from '../../harness/result.ts';
import { runRounds } from '../../harness/rounds.ts';
import { WrongResult } from '../../harness/wrong-result.ts';
import { buildServer } from './build-server.ts';
import { cellCase } from './cell-case.ts';
import { cells } from './grid.ts';
import { Guests } from './guest.ts';
import { printTables } from './tables.ts';

const USAGE = `Usage: node --expose-gc --import=tsx benchmark/compare/wasmtime/main.ts [--quick] [--json]

  --quick   each cell once, for its checks; its times mean nothing
  --json    one object a line
  --help`;

interface Order {
  readonly quick: boolean;
  readonly json: boolean;
}

/** What the command line asks for. @throws {Error} whose message is fit to print. */
function readOrder(args: string[]): Order | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values.help ? 'help' : { quick: values.quick, json: values.json };
}

async function compare({ quick, json }: Order): Promise<void> {
  const binary = buildServer();
  const folder = mkdtempSync(join(tmpdir(), 'pagefold-compare-'));
  const results: CaseResult[] = [];
  try {
    const guests = new Guests(folder);
    for (const cell of cells()) {
      const measured = cellCase(cell, await guests.of(cell), binary, quick);
      console.error(measured.title);
      const result = await runRounds(measured, { quick });
      if (json) jsonLines.case(result);
      results.push(result);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (!json) printTables(results);
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
    await compare(order);
  } catch (error) {
    if (!(error instanceof WrongResult)) throw error;
    console.error(`wrong result: ${error.message}`);
    process.exitCode = 1;
  }
}
