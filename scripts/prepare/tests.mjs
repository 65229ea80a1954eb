import { existsSync, rmSync } from 'node:fs';

import { fingerprint } from './fingerprint.mjs';
import { packageBinary } from './package-binary.mjs';
import { quietCommand } from './quiet-command.mjs';

const OUTPUT = 'build/tests';

/** The tests as Node.js runs them: __test__/ → build/tests/. Their types are a check of their own. */
export const tests = {
  title: 'tests (TypeScript)',
  stamp: 'build/stamps/tests',
  isMade: () => existsSync(`${OUTPUT}/__test__`),
  inputs: () => fingerprint(['__test__', 'tsconfig.json', 'tsconfig.tests.json', 'package-lock.json']),
  run: () => {
    rmSync(OUTPUT, { recursive: true, force: true });
    return quietCommand(process.execPath, [packageBinary('typescript', 'tsc'), '--project', 'tsconfig.tests.json']);
  },
};
