/**
 * Why a guest was given up, and replaced by a new one:
 *
 * - `trap`: WebAssembly has trapped in {@link InstancePool.run}, or the stack overflowed;
 * - `timeout`: the work of {@link InstancePool.run} took longer than `runTimeoutMs`;
 * - `grown`: its memory grew beyond `maxByteLength`;
 * - `tables`: one of its tables grew, which cannot shrink;
 * - `hook`: `beforeReset` or `onRestore` threw, or returned a promise;
 * - `reset`: it could not be put back, was not the baseline afterwards, or its view was disposed or given another baseline;
 * - `uses`: it was used `maxUses` times;
 * - `discarded`: {@link InstanceLease.discard} was called;
 * - `abandoned`: its lease was collected by the garbage collector, without having been released.
 */
export type DiscardReason =
  'trap' | 'timeout' | 'grown' | 'tables' | 'hook' | 'reset' | 'uses' | 'discarded' | 'abandoned';

/**
 * What {@link InstancePool.stats} tells: plain numbers, apart from the last error. At any time, `created` is the sum of
 * `idle`, `inUse`, `cleaning`, `retired` and everything in `discarded`.
 */
export interface InstancePoolStats {
  /** How many guests there are to be. */
  readonly size: number;
  /** Guests that are clean and wait for somebody. */
  readonly idle: number;
  /** Guests that are leased. */
  readonly inUse: number;
  /** Guests that were released and are not clean yet. */
  readonly cleaning: number;
  /** Guests that are being made: the rest of a new or larger pool, and those that take the place of others. */
  readonly rebuilding: number;
  /** Calls that wait for a guest. */
  readonly waiting: number;
  /** Guests made so far. */
  readonly created: number;
  /** Leases given out so far. */
  readonly acquired: number;
  /** How often a guest was put back. */
  readonly resets: number;
  /** Guests that were given up, by reason. */
  readonly discarded: Readonly<Record<DiscardReason, number>>;
  /** Guests that were given up because the pool was made smaller or closed. */
  readonly retired: number;
  /** How often a guest could not be made. */
  readonly createFailures: number;
  /** The last error of `create`, `ready`, `dispose`, a hook or a reset, and the last trap. */
  readonly lastError: unknown;
}

/** What a pool counts. @internal */
export class PoolCounts {
  created = 0;
  acquired = 0;
  resets = 0;
  retired = 0;
  createFailures = 0;
  lastError: unknown = undefined;
  readonly discarded: Record<DiscardReason, number> = {
    trap: 0,
    timeout: 0,
    grown: 0,
    tables: 0,
    hook: 0,
    reset: 0,
    uses: 0,
    discarded: 0,
    abandoned: 0,
  };
}
