import { existsSync, rmSync } from 'node:fs';

import { fingerprint } from './fingerprint.mjs';
import { packageBinary } from './package-binary.mjs';
import { quietCommand } from './quiet-command.mjs';

/** The TypeScript façade: ts/ → dist/, its declarations → build/types/ (scripts/declarations.mjs rolls those up). */
export const typescript = {
  title: 'façade (TypeScript)',
  stamp: 'build/stamps/typescript',
  isMade: () => ['dist/index.js', 'build/types/index.d.ts'].every((path) => existsSync(path)),
  inputs: () => fingerprint(['ts', 'tsconfig.json', 'tsconfig.build.json', 'native/index.d.cts', 'package-lock.json']),
  run: () => {
    for (const folder of ['dist', 'build/types']) rmSync(folder, { recursive: true, force: true });
    return quietCommand(process.execPath, [packageBinary('typescript', 'tsc'), '--project', 'tsconfig.build.json']);
  },
};
