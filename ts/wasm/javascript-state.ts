import { wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';

/**
 * Accepts a function, or none.
 *
 * @internal
 */
export function checkHook<T>(hook: T, name: string): T {
  if (hook !== undefined && typeof hook !== 'function') throw wrongType(hook, name, 'a function');
  return hook;
}

/**
 * Captures what a guest keeps in JavaScript, and answers with what puts it back.
 *
 * @internal
 */
export function captureState<S>(
  onCapture: (() => S) | undefined,
  onRestore: ((state: S) => void) | undefined,
): () => void {
  // Without `onCapture` only the caller's own words can make it anything but undefined.
  const state = onCapture?.() as S;
  refusePromise(state, 'onCapture');
  return () => refusePromise(onRestore?.(state), 'onRestore');
}

/** A reset ends before a promise is fulfilled: the guest would go on with half of its state. @internal */
export function refusePromise(returned: unknown, name: string): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  if (typeof returned.then !== 'function') return;
  throw new PagefoldError(
    'ERR_PAGEFOLD_INVALID_ARGUMENT',
    `${name} must be synchronous; it has returned a promise, for which nobody waits`,
  );
}
