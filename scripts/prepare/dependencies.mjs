import { existsSync } from 'node:fs';

import { fingerprint } from './fingerprint.mjs';
import { npmCommand } from './npm.mjs';
import { quietCommand } from './quiet-command.mjs';

/** The npm dependencies, exactly as the lock file names them. */
export const dependencies = {
  title: 'npm dependencies',
  stamp: 'node_modules/.pagefold-stamp',
  isMade: () => existsSync('node_modules/.package-lock.json'),
  inputs: () => fingerprint(['package-lock.json'], `${process.platform}-${process.arch}`),
  run: () => {
    const { command, first, options } = npmCommand();
    return quietCommand(command, [...first, ...INSTALL], options);
  },
};

// Development dependencies also where NODE_ENV or a setting of npm would leave them out.
const INSTALL = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--loglevel=error'];
