import { inspect } from 'node:util';

/** What a thrown error has to be; every part that is given must hold. */
export interface Expectation {
  readonly any?: boolean;
  readonly code?: string | number;
  readonly instanceOf?: abstract new (...args: never[]) => unknown;
  readonly is?: unknown;
  readonly message?: string | RegExp | ((message: string) => boolean);
  readonly name?: string;
}

/** Why an error is not the expected one, or undefined when it is. */
export function unmet(error: unknown, expectation: Expectation = {}): string | undefined {
  if (!(error instanceof Error)) return expectation.any === true ? undefined : `threw ${inspect(error)}, not an error`;
  const { code, instanceOf, is, message, name } = expectation;
  if (code !== undefined && codeOf(error) !== code) return `code is ${inspect(codeOf(error))}, not ${inspect(code)}`;
  if (instanceOf !== undefined && !(error instanceof instanceOf)) return `${inspect(error)} is no ${instanceOf.name}`;
  if (is !== undefined && error !== is) return `${inspect(error)} is another error`;
  if (name !== undefined && error.name !== name) return `name is ${error.name}, not ${name}`;
  if (message !== undefined && !matches(error.message, message)) {
    return `message ${inspect(error.message)} does not match ${String(message)}`;
  }
  return undefined;
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

function matches(text: string, wanted: NonNullable<Expectation['message']>): boolean {
  if (typeof wanted === 'string') return text === wanted;
  return wanted instanceof RegExp ? wanted.test(text) : wanted(text);
}
