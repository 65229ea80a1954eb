import { PagefoldError, type ErrorCode } from 'pagefold';

import type { ExecutionContext } from '#test';

/** The error of a call that must be refused with this code. */
export function refused(t: ExecutionContext, code: ErrorCode, work: () => unknown, message?: string): PagefoldError {
  try {
    work();
  } catch (error) {
    return checked(t, code, error, message);
  }
  return t.fail(`${message ?? 'the call'} was accepted; ${code} was due`) as never;
}

/** The error of a promise that must be rejected with this code. */
export async function rejected(
  t: ExecutionContext,
  code: ErrorCode,
  promise: Promise<unknown>,
  message?: string,
): Promise<PagefoldError> {
  try {
    await promise;
  } catch (error) {
    return checked(t, code, error, message);
  }
  return t.fail(`${message ?? 'the promise'} was fulfilled; ${code} was due`) as never;
}

function checked(t: ExecutionContext, code: ErrorCode, error: unknown, message = ''): PagefoldError {
  if (!(error instanceof PagefoldError)) throw new Error(`${message}: not a PagefoldError`, { cause: error });
  t.is(error.code, code, `${message} ${error.message}`);
  return error;
}
