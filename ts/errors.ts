/** Every code that an error of pagefold can have. They never change; new ones may be added. */
export type ErrorCode =
  | 'ERR_PAGEFOLD_ABORTED'
  | 'ERR_PAGEFOLD_BUDGET'
  | 'ERR_PAGEFOLD_BUSY'
  | 'ERR_PAGEFOLD_DETACHED'
  | 'ERR_PAGEFOLD_DIFF_CORRUPT'
  | 'ERR_PAGEFOLD_DISPOSED'
  | 'ERR_PAGEFOLD_DUPLICATE_DIFF'
  | 'ERR_PAGEFOLD_EXTERNAL_BUFFERS'
  | 'ERR_PAGEFOLD_GUEST_LOST'
  | 'ERR_PAGEFOLD_ILLEGAL_REGION'
  | 'ERR_PAGEFOLD_INVALID_ARGUMENT'
  | 'ERR_PAGEFOLD_LEASE_LOST'
  | 'ERR_PAGEFOLD_MEMORY64'
  | 'ERR_PAGEFOLD_MERGE_CONFLICT'
  | 'ERR_PAGEFOLD_NOT_A_DIFF'
  | 'ERR_PAGEFOLD_NOT_A_SNAPSHOT'
  | 'ERR_PAGEFOLD_NOT_WASM_MEMORY'
  | 'ERR_PAGEFOLD_NO_BASELINE'
  | 'ERR_PAGEFOLD_NO_ORIGINALS'
  | 'ERR_PAGEFOLD_OUT_OF_MEMORY'
  | 'ERR_PAGEFOLD_OUT_OF_RANGE'
  | 'ERR_PAGEFOLD_OVER_MAX'
  | 'ERR_PAGEFOLD_PARTIAL_ELEMENT'
  | 'ERR_PAGEFOLD_POOL_CLOSED'
  | 'ERR_PAGEFOLD_POOL_TIMEOUT'
  | 'ERR_PAGEFOLD_PRODUCT_UNDEFINED'
  | 'ERR_PAGEFOLD_REGION_OVERLAP'
  | 'ERR_PAGEFOLD_SHARED_MEMORY'
  | 'ERR_PAGEFOLD_SIZE_MISMATCH'
  | 'ERR_PAGEFOLD_SNAPSHOT_CORRUPT'
  | 'ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE'
  | 'ERR_PAGEFOLD_STALE_BASE'
  | 'ERR_PAGEFOLD_STALE_VIEW'
  | 'ERR_PAGEFOLD_SYSTEM'
  | 'ERR_PAGEFOLD_UNALIGNED'
  | 'ERR_PAGEFOLD_UNRESTORABLE'
  | 'ERR_PAGEFOLD_UNSUPPORTED'
  | 'ERR_PAGEFOLD_VERIFY';

/** What a {@link PagefoldError} can carry beside its code and message. */
export interface PagefoldErrorOptions extends ErrorOptions {
  /** The error number of the system call that failed. */
  errno?: number | undefined;
  /** The system call that failed. */
  syscall?: string | undefined;
  /** The byte of the memory that the error is about. */
  byteOffset?: number | undefined;
  /** The ranges that could not be merged. */
  conflicts?: readonly MergeConflict[] | undefined;
}

/** A range that two diffs have changed and cannot both have. */
export interface MergeConflict {
  /** First byte. */
  readonly byteOffset: number;
  /** Length in bytes. */
  readonly byteLength: number;
  /** Who made the diff that is merged first. */
  readonly first: DiffAuthor;
  /** Who made the other one. */
  readonly second: DiffAuthor;
}

/** Who made a diff, and which of theirs it is. Diffs are merged in ascending order of origin, then of sequence. */
export interface DiffAuthor {
  /** Who. */
  readonly origin: number;
  /** The running number of the diff there. */
  readonly sequence: number;
}

/**
 * The error that every function of pagefold throws. An operation that throws has changed nothing, apart from a reset that
 * finds afterwards that it was not complete (`ERR_PAGEFOLD_VERIFY`).
 *
 * `code` is stable and documented in docs/errors.md; the message says what was wrong and what to do.
 */
export class PagefoldError extends Error {
  override readonly name = 'PagefoldError';
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** The error number of the system call that failed, where one did. */
  declare readonly errno?: number;
  /** The system call that failed, where one did. */
  declare readonly syscall?: string;
  /** With `ERR_PAGEFOLD_VERIFY`: the first byte of the view that differs from its baseline. */
  declare readonly byteOffset?: number;
  /**
   * With `ERR_PAGEFOLD_MERGE_CONFLICT` and `ERR_PAGEFOLD_PRODUCT_UNDEFINED`: what could not be merged, ascending, up to 256
   * ranges.
   */
  declare readonly conflicts?: readonly MergeConflict[];

  constructor(code: ErrorCode, message: string, options: PagefoldErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    for (const key of ['errno', 'syscall', 'byteOffset', 'conflicts'] as const) {
      if (options[key] !== undefined) Object.defineProperty(this, key, { value: options[key], enumerable: true });
    }
  }
}

/** Between the fields of a failure of the addon: code, system call, errno, byte offset, conflicts, message. */
const SEPARATOR = '\u001f';

/**
 * Turns what the addon threw into a {@link PagefoldError}; leaves other errors as they are.
 *
 * @internal
 */
export function translated(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const [code, syscall, errno, byteOffset, conflicts, ...message] = thrown.message.split(SEPARATOR);
  if (message.length === 0 || !code?.startsWith('ERR_PAGEFOLD_')) return thrown;
  return new PagefoldError(code as ErrorCode, message.join(SEPARATOR), {
    errno: errno ? Number(errno) : undefined,
    syscall: syscall || undefined,
    byteOffset: byteOffset ? Number(byteOffset) : undefined,
    conflicts: conflicts ? conflicts.split(' ').map(conflict) : undefined,
  });
}

/** Six numbers of the addon: offset, length, origin and sequence of both diffs. */
function conflict(numbers: string): MergeConflict {
  const [byteOffset = 0, byteLength = 0, origin = 0, sequence = 0, laterOrigin = 0, laterSequence = 0] = numbers
    .split(',')
    .map(Number);
  return {
    byteOffset,
    byteLength,
    first: { origin, sequence },
    second: { origin: laterOrigin, sequence: laterSequence },
  };
}

/**
 * Calls the addon and throws {@link PagefoldError}s.
 *
 * @internal
 */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw translated(thrown);
  }
}
