import { dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of the project. On Node.js the tests run as JavaScript, from another folder than that of their sources. */
export const PROJECT = dirname(fileURLToPath(import.meta.resolve('pagefold/package.json')));

/** Of the tests as they run: `.ts` on Bun and Deno, `.js` on Node.js. */
export const EXTENSION = extname(import.meta.url);

/** The path of a file of the project. */
export function projectFile(...path: readonly string[]): string {
  return join(PROJECT, ...path);
}

/** The address of a file of the project, to import it. */
export function projectUrl(...path: readonly string[]): string {
  return pathToFileURL(projectFile(...path)).href;
}
