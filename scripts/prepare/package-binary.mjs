import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script behind a command of an installed package, to be run by this very Node.js on every platform. */
export function packageBinary(packageName, command = packageName) {
  const folder = join('node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
