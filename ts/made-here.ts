import { PagefoldError } from './errors.ts';

/**
 * Proof that a constructor was called by pagefold itself. The classes wrap native objects, which user code has no way to
 * make: handing one of its own would let it name memory that is not its.
 *
 * @internal
 */
export const MADE_HERE: unique symbol = Symbol('made by pagefold');

/** @internal */
export type MadeHere = typeof MADE_HERE;

/**
 * Refuses a constructor call by anybody else.
 *
 * @internal
 */
export function checkMadeHere(made: unknown, what: string): void {
  if (made === MADE_HERE) return;
  throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', `${what}; its constructor is not for calling`);
}
