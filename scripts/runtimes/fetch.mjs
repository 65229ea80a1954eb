import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { npmCommand } from '../prepare/npm.mjs';

const NOT_PROVIDED = /\b(E404|ETARGET|EBADPLATFORM|ENOVERSIONS)\b/;

/**
 * The path of a runtime's binary, fetched from npm unless it is there already; or the reason why npm has none for this
 * machine. Any other failure to fetch it is an error. Remove build/runtimes to fetch newer ones.
 */
export async function fetchRuntime({ name, binary, package: packageName, path, version }) {
  if (binary !== undefined) return { binary };
  if (packageName === undefined) return { reason: `npm has no package for ${process.platform} ${process.arch}` };

  const folder = join('build/runtimes', name);
  const fetched = resolve(folder, 'node_modules', packageName, path);
  if (existsSync(fetched)) return { binary: fetched };

  console.log(`fetching ${packageName}@${version}`);
  const { status, stderr } = install(folder, `${packageName}@${version}`);
  if (status === 0) return { binary: fetched };
  rmSync(folder, { recursive: true, force: true });
  if (NOT_PROVIDED.test(stderr)) return { reason: `npm does not have ${packageName}@${version}` };
  throw new Error(`cannot fetch ${packageName}@${version}:\n${stderr}`);
}

function install(folder, specifier) {
  mkdirSync(folder, { recursive: true });
  const { command, first, options } = npmCommand();
  const args = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-save',
    '--no-package-lock',
    '--loglevel=error',
  ];
  return spawnSync(command, [...first, ...args, specifier], { encoding: 'utf8', ...options });
}
