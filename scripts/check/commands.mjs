import { readdirSync } from 'node:fs';

import { packageBinary } from '../prepare/package-binary.mjs';
import { npmCommand } from '../prepare/npm.mjs';

export function cargo(...args) {
  return { run: 'cargo', args };
}

export function node(...args) {
  return { run: process.execPath, args };
}

/** A command of an installed package. */
export function installed(packageName, command, ...args) {
  return node(packageBinary(packageName, command), ...args);
}

export function npm(...args) {
  const { command, first, options } = npmCommand();
  return { run: command, args: [...first, ...args], options };
}

export function filesIn(folder) {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

export function withEnv(env, command) {
  return { ...command, env };
}
