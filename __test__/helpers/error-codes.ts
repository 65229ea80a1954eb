import type { ErrorCode } from 'pagefold';

const CODES: Record<ErrorCode, true> = {
  ERR_PAGEFOLD_ABORTED: true,
  ERR_PAGEFOLD_BUSY: true,
  ERR_PAGEFOLD_DETACHED: true,
  ERR_PAGEFOLD_DISPOSED: true,
  ERR_PAGEFOLD_EXTERNAL_BUFFERS: true,
  ERR_PAGEFOLD_INVALID_ARGUMENT: true,
  ERR_PAGEFOLD_MEMORY64: true,
  ERR_PAGEFOLD_NOT_A_SNAPSHOT: true,
  ERR_PAGEFOLD_NOT_WASM_MEMORY: true,
  ERR_PAGEFOLD_NO_BASELINE: true,
  ERR_PAGEFOLD_OUT_OF_MEMORY: true,
  ERR_PAGEFOLD_OUT_OF_RANGE: true,
  ERR_PAGEFOLD_SHARED_MEMORY: true,
  ERR_PAGEFOLD_SNAPSHOT_CORRUPT: true,
  ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE: true,
  ERR_PAGEFOLD_SYSTEM: true,
  ERR_PAGEFOLD_UNALIGNED: true,
  ERR_PAGEFOLD_UNRESTORABLE: true,
  ERR_PAGEFOLD_UNSUPPORTED: true,
  ERR_PAGEFOLD_VERIFY: true,
};

/** Every code that there is: the compiler refuses this list when it is not complete. */
export const ERROR_CODES: ReadonlySet<string> = new Set(Object.keys(CODES));
