#!/usr/bin/env node
import process from 'node:process';
import { parseArgs } from 'node:util';

import { describeDoctor } from './describe-doctor.ts';
import { doctor } from '../doctor.ts';

const USAGE = `Usage: pagefold doctor [--json]

  doctor   what works on this machine, which tracker is used, and why a better one is not
  --json   the same as one JSON object

Exit status: 0 when pagefold works here, 1 when it does not, 2 for wrong arguments.
`;

function main(): number {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  const { positionals, values } = parsed;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== 'doctor') {
    process.stderr.write(USAGE);
    return 2;
  }
  const report = doctor();
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : describeDoctor(report));
  return report.supported ? 0 : 1;
}

process.exitCode = main();
