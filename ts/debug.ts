import process from 'node:process';

/**
 * Whether the environment variable `PAGEFOLD_DEBUG` has this among its words, which commas separate. Reads the environment, for
 * which a runtime may want permission: not to be asked while pagefold is imported.
 *
 * @internal
 */
export function debugs(word: 'leaks' | 'measures'): boolean {
  const words = process.env['PAGEFOLD_DEBUG'] ?? '';
  return words.split(',').some((one) => one.trim() === word);
}
