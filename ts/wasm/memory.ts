import { types } from 'node:util';

import { PagefoldError } from '../errors.ts';

// The engine's own accessors, taken before user code can replace them on an instance. They check by themselves that
// their receiver is a memory, from whatever realm.
const getBuffer = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')?.get;
const { grow } = WebAssembly.Memory.prototype;

/** More pages than any memory can have. */
const IMPOSSIBLE_GROWTH = 2n ** 64n - 1n;

/**
 * The buffer of a WebAssembly memory as it is now. The engine replaces it at every growth.
 *
 * @internal
 */
export function memoryBuffer(memory: WebAssembly.Memory): ArrayBuffer {
  return getBuffer?.call(memory) as ArrayBuffer;
}

/**
 * Accepts an unshared memory with 32-bit addresses, and nothing else.
 *
 * @internal
 */
export function checkMemory(memory: unknown): WebAssembly.Memory {
  let buffer: ArrayBuffer | SharedArrayBuffer;
  try {
    buffer = memoryBuffer(memory as WebAssembly.Memory);
  } catch (cause) {
    throw new PagefoldError('ERR_PAGEFOLD_NOT_WASM_MEMORY', 'memory must be a WebAssembly.Memory', { cause });
  }
  if (types.isSharedArrayBuffer(buffer)) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_SHARED_MEMORY',
      'a shared memory cannot be tracked: other threads may write to it during a reset',
    );
  }
  if (hasWideAddresses(memory as WebAssembly.Memory)) {
    throw new PagefoldError('ERR_PAGEFOLD_MEMORY64', 'memories with 64-bit addresses are not supported yet');
  }
  return memory as WebAssembly.Memory;
}

/**
 * Asks for an impossible growth, as a BigInt. A 32-bit memory takes no BigInt (TypeError), a 64-bit one does and finds it
 * too large (RangeError). Neither grows, and neither replaces its buffer, as `grow(0)` would.
 */
function hasWideAddresses(memory: WebAssembly.Memory): boolean {
  try {
    (grow as (this: WebAssembly.Memory, pages: unknown) => unknown).call(memory, IMPOSSIBLE_GROWTH);
    return true;
  } catch (refusal) {
    return !(refusal instanceof TypeError) && (refusal as Error | undefined)?.name !== 'TypeError';
  }
}
