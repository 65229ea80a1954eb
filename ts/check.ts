import { PagefoldError } from './errors.ts';

/**
 * An offset or length in bytes: an integer from `least` up to 2^53 - 1.
 *
 * @internal
 */
export function checkBytes(value: unknown, name: string, least = 0): number {
  if (typeof value !== 'number') throw wrongType(value, name, 'a number of bytes');
  if (!Number.isSafeInteger(value) || value < least) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_OUT_OF_RANGE',
      `${name} must be an integer from ${least} to 2^53 - 1; it is ${value}`,
    );
  }
  return value;
}

/** @internal */
export function checkText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrongType(value, name, 'a string');
  return value;
}

/**
 * A path of a file.
 *
 * @internal
 */
export function checkPath(value: unknown, name = 'path'): string {
  const path = checkText(value, name);
  if (path === '' || path.includes('\0')) {
    throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', `${name} must not be empty or contain a NUL character`);
  }
  return path;
}

/**
 * An options object; `undefined` counts as an empty one.
 *
 * @internal
 */
export function checkOptions<T extends object>(value: T | undefined, name = 'options'): Partial<T> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw wrongType(value, name, 'an object');
  return value;
}

/** @internal */
export function checkChoice<T extends string>(value: unknown, name: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  throw new PagefoldError(
    'ERR_PAGEFOLD_INVALID_ARGUMENT',
    `${name} must be one of ${choices.map((choice) => `'${choice}'`).join(', ')}; it is ${described(value)}`,
  );
}

/** @internal */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrongType(value, 'signal', 'an AbortSignal');
}

/** @internal */
export function wrongType(value: unknown, name: string, wanted: string): PagefoldError {
  return new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', `${name} must be ${wanted}; it is ${described(value)}`);
}

/** A value in a few words, without running any code of its own. */
function described(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`;
  if (typeof value === 'object') return 'an object of another kind';
  if (typeof value === 'function') return 'a function';
  return `${typeof value} ${String(value)}`;
}
