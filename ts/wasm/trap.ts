import { types } from 'node:util';

/** How many causes of an error are looked at: an application wraps errors a few times, a cycle has no end. */
const CAUSES_MAX = 8;

/**
 * Whether an error, or one that it was caused by, is a trap of WebAssembly or the overflow of the stack. Either leaves a guest
 * somewhere in the middle of a call, with a stack pointer that may be out of sight.
 *
 * @internal
 */
export function isTrap(thrown: unknown): boolean {
  try {
    let error = thrown;
    for (let depth = 0; depth < CAUSES_MAX && types.isNativeError(error); depth += 1) {
      if (isTrapItself(error)) return true;
      error = error.cause;
    }
    return false;
  } catch {
    // A property is an accessor that throws: nothing that an engine makes.
    return false;
  }
}

/** By name as well: the errors of another realm have other prototypes. */
function isTrapItself(error: Error): boolean {
  if (error instanceof WebAssembly.RuntimeError || error.name === 'RuntimeError') return true;
  return error.name === 'RangeError' && /call stack/i.test(error.message);
}
