import type { ResetMessage, MemoryView, Snapshot, WaitOptions, ViewOptions, ResetReport } from './index.js';

/** What is published on the channel `pagefold:reset` when all of an instance was reset. It has the property `instance`. */
export interface InstanceResetMessage extends ResetMessage {
  /** The instance. */
  readonly instance: InstanceSnapshot;

  /** What the caller gets. */
  readonly instanceReport: InstanceResetReport;
}

/**
 * A guest of an {@link InstancePool} that nobody else has until it is released. Keep neither the guest nor anything of it after
 * that: somebody else gets it, and pagefold cannot take from you what is yours in JavaScript.
 *
 * A lease that is forgotten is noticed when the garbage collector finds it; the guest is then replaced by a new one.
 */
export class InstanceLease<T> implements Disposable {
  #private;
  private constructor();

  /**
   * The guest.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release.
   */
  get guest(): T;

  /**
   * The view of its memory. It is the pool's: what is done to it may cost the guest its place in the pool.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release.
   */
  get view(): MemoryView;

  /** Whether it was released or discarded. */
  get released(): boolean;

  /**
   * Gives the guest back, to be put back before anybody gets it. Call it when nothing of the guest is on the stack. A guest
   * that cannot be put back is replaced by a new one, see `discarded` in {@link InstancePoolStats}.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when it was released or discarded before.
   */
  release(): void;

  /**
   * Gives the guest up, because it is known to be broken: nobody gets it any more, and a new one takes its place.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when it was released or discarded before.
   */
  discard(): void;

  /** Releases the guest unless that was done before. */
  [Symbol.dispose](): void;
}

/**
 * Live WebAssembly guests, each as it was when it became ready for whoever gets it next. One snapshot is taken, and what the
 * guests have in common with it they share.
 *
 * A guest that cannot be put back is never handed out again, and a new one is made in its place: one that trapped, overran
 * its time, grew too far, or whose hooks threw. `stats()` tells how many, and why.
 *
 * Belongs to the thread that made it; other threads have pools of their own, whose guests share pages with these through
 * `like: Snapshot.attach(ticket)`.
 *
 * @example
 * const pool = await InstancePool.create({
 *   create: () => WebAssembly.instantiate(module, imports),
 *   ready: (instance) => instance.exports.warmUp(),
 *   size: 8,
 * });
 * const answer = await pool.run((instance) => instance.exports.handle(request));
 */
export class InstancePool<T> implements AsyncDisposable, Disposable {
  #private;
  private constructor();

  /**
   * Makes a pool and its first guest, whose snapshot all others share what they can with.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_INVALID_ARGUMENT`, `ERR_PAGEFOLD_OUT_OF_RANGE` for wrong options; what
   * {@link InstanceSnapshot.capture} throws; and whatever `create`, `ready` and `onCapture` throw for the first guest.
   */
  static create<T, S = undefined>(options: InstancePoolOptions<T, S>): Promise<InstancePool<T>>;

  /** What the first guest goes back to. Share it with pools in other threads: it lives until the pool is closed. */
  get snapshot(): Snapshot;

  /** Whether {@link InstancePool.close} was called. */
  get closed(): boolean;

  /**
   * A guest, as soon as there is one, in the order of the calls.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_POOL_TIMEOUT` after `timeoutMs`; `ERR_PAGEFOLD_ABORTED`
   * when the signal is; `ERR_PAGEFOLD_GUEST_LOST`, with `cause`, when there is no guest and none can be made.
   */
  acquire(options?: WaitOptions): Promise<InstanceLease<T>>;

  /**
   * A guest if there is one now; `undefined` if not, or if others wait already.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  tryAcquire(): InstanceLease<T> | undefined;

  /**
   * Does some work with a guest, which is released afterwards, whatever happens. What `work` throws is thrown: a trap of
   * WebAssembly, an overflow of the stack, or an error that has one as its cause, costs the guest its place; after any other
   * error it is put back like after a success.
   *
   * `work` may end the lease earlier: {@link InstanceLease.discard} for a guest that is known to be broken.
   *
   * @throws {PagefoldError} as {@link InstancePool.acquire}; `ERR_PAGEFOLD_GUEST_LOST` when the work takes longer than
   * `runTimeoutMs`: it goes on with a guest that nobody else gets.
   */
  run<R>(work: (guest: T, lease: InstanceLease<T>) => R | Promise<R>, options?: RunOptions): Promise<R>;

  /**
   * Changes how many guests there are to be. New ones are made as when the pool began; where there are too many, idle ones
   * are given up at once, and leased ones when they are released.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` for anything but an integer from 1 on; `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  resize(size: number): void;

  /** What the pool consists of and what has become of its guests. Takes a microsecond. */
  stats(): InstancePoolStats;

  /**
   * Gives every guest up. Whoever waits gets `ERR_PAGEFOLD_POOL_CLOSED`. Leases stay good; their guests are given up when they
   * are released, and are not waited for. Idempotent.
   *
   * @returns a promise that is fulfilled when `dispose` is done with every guest that was given up so far; do not wait for it in
   * `dispose`. It is never rejected: see `lastError` in {@link InstancePoolStats}
   */
  close(): Promise<void>;

  /** Closes the pool, without waiting for `dispose`. */
  [Symbol.dispose](): void;

  /** Closes the pool. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Options of {@link InstancePool.create}. `T` is the guest, whatever an application calls by that name; `S` the state that it
 * has in JavaScript.
 */
export interface InstancePoolOptions<T, S = unknown> extends ViewOptions {
  /**
   * Makes a guest: another one, with another memory, each time. When it fails for a later guest it is tried three times more,
   * 0.1 to 0.4 s later, and then again when somebody waits or another guest is given up. Nothing limits its time.
   */
  create: () => T | Promise<T>;

  /** Brings a new guest to the point that every lease begins at: started, warmed up, with nothing of it on the stack. */
  ready?: ((guest: T) => void | Promise<void>) | undefined;

  /**
   * The WebAssembly instance of a guest.
   *
   * @default the guest itself if it has `exports`, or else its property `instance`
   */
  instance?:
    | ((guest: T) => {
        readonly exports: WebAssembly.Exports;
      })
    | undefined;

  /**
   * The memory, when the instance imports it instead of exporting it.
   *
   * @default the one that it exports
   */
  memory?: ((guest: T) => WebAssembly.Memory) | undefined;

  /** How many guests there are to be, from 1 on. */
  size: number;

  /**
   * A snapshot of such a guest, with which the first guest shares the pages that are equal, and with it all others: that of
   * a pool in another thread, by {@link Snapshot.attach}.
   *
   * @default none: the guests of this pool share pages among themselves
   */
  like?: Snapshot | undefined;

  /** What is put back of exported tables, see {@link InstanceSnapshotOptions.tables}. */
  tables?: 'entries' | 'length' | undefined;

  /** Captures what a guest has in JavaScript, see {@link InstanceSnapshotOptions.onCapture}. */
  onCapture?: ((guest: T) => S) | undefined;

  /**
   * Called before memory, globals and tables of a guest are put back, with what `onCapture` returned: for state in JavaScript
   * that has to go while the memory still is what it refers to. May call the guest. Must be synchronous.
   */
  beforeReset?: ((guest: T, state: S) => void) | undefined;

  /** Called after they were put back, see {@link InstanceSnapshotOptions.onRestore}. */
  onRestore?: ((guest: T, state: S) => void) | undefined;

  /** Called once for every guest that is given up, when nothing of it is tracked any more. */
  dispose?: ((guest: T) => void | Promise<void>) | undefined;

  /**
   * When guests are put back. `release`: while they are released. `background`: in a later turn of the event loop, so that
   * releasing takes no time, one guest a turn; an acquire that finds no clean guest cleans one itself.
   *
   * @default 'release'
   */
  cleaner?: 'release' | 'background' | undefined;

  /**
   * When guests besides the first one are made. `background`: right away, one after another. `demand`: when somebody waits for
   * one.
   *
   * @default 'background'
   */
  fill?: 'background' | 'demand' | undefined;

  /**
   * How many guests are made at the same time.
   *
   * @default 1
   */
  concurrency?: number | undefined;

  /**
   * A guest whose memory has grown beyond is replaced by a new one: a memory cannot shrink.
   *
   * @default no limit
   */
  maxByteLength?: number | undefined;

  /**
   * A guest that was acquired so often is replaced by a new one.
   *
   * @default no limit
   */
  maxUses?: number | undefined;
}

/** Options of {@link InstancePool.run}. */
export interface RunOptions extends WaitOptions {
  /**
   * How long the work may take at most, from the moment when it has the guest, in milliseconds, up to 2^31 - 1. Ends only what
   * waits for something: nothing can interrupt a guest that computes but the end of its thread.
   *
   * @default no limit
   */
  runTimeoutMs?: number | undefined;
}

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

/** Options of {@link InstanceSnapshot.capture}. `S` is the state that the guest has in JavaScript. */
export interface InstanceSnapshotOptions<S = unknown> extends ViewOptions {
  /** The memory, when the instance imports it instead of exporting it. */
  memory?: WebAssembly.Memory | undefined;

  /**
   * What is put back of exported tables. `entries`: every entry is compared, about 0.1 us each. `length`: growth is
   * noticed and reported, entries are left alone; for guests with large tables that they do not write to.
   *
   * @default 'entries'
   */
  tables?: 'entries' | 'length' | undefined;

  /**
   * A snapshot of another instance of the same guest, with which the pages that are equal are shared: see
   * {@link CaptureOptions.like}.
   *
   * @default none
   */
  like?: Snapshot | undefined;

  /**
   * Captures what the guest has in JavaScript, such as the files of an emulated file system. Called once, before memory,
   * globals and tables are captured, so that what it does to the guest belongs to the baseline. What it throws is thrown
   * by the capture, and nothing is tracked then. Must be synchronous.
   */
  onCapture?: (() => S) | undefined;

  /**
   * Puts that back. Called by every reset, after memory, globals and tables were put back, with what `onCapture` returned:
   * the same value each time, so copy what the guest can change. It may call the guest and read its memory; what it
   * changes there stays until the next reset. What it throws is thrown by the reset, which has put back all else. Must be
   * synchronous.
   */
  onRestore?: ((state: S) => void) | undefined;
}

/** What {@link InstanceSnapshot.reset} did. */
export interface InstanceResetReport {
  /** About the memory. */
  readonly memory: ResetReport;

  /** Mutable globals that had another value. */
  readonly globalsRestored: number;

  /** Table entries that were another one. */
  readonly tableEntriesRestored: number;

  /**
   * Whether something cannot be put back, so that only an instance made anew is like the captured one: an exported table
   * has grown, see `tablesGrown`. All else was put back, and the entries that were added are null.
   */
  readonly rebuildRequired: boolean;

  /** Exported tables that are longer than at the capture. A table cannot shrink. */
  readonly tablesGrown: readonly string[];
}

/**
 * The state of a WebAssembly instance: its memory, its exported mutable globals, its exported tables.
 *
 * Capture and reset at a quiescent point: no call into the guest on the stack. What the instance does not export cannot
 * be seen from outside: with a toolchain that keeps its stack pointer in such a global that is no harm at a quiescent
 * point, because the stack is then empty. Nor can the bits of a NaN in a global: where another value has taken its place,
 * a NaN comes back, the engine's own. State in JavaScript, such as files of an emulated file system, is yours:
 * `onCapture` and `onRestore` are called at the right moment.
 *
 * @example
 * const guest = InstanceSnapshot.capture(instance, {
 *   onCapture: () => structuredClone(files),
 *   onRestore: (captured) => (files = structuredClone(captured)),
 * });
 * instance.exports.handle(request);
 * if (guest.reset().rebuildRequired) replaceGuest();
 */
export class InstanceSnapshot implements Disposable {
  #private;
  private constructor();

  /** The memory of the instance. */
  readonly memory: WebAssembly.Memory;

  /** The view of it. */
  readonly view: MemoryView;

  /**
   * Captures an instance, or anything with the `exports` of one. An error leaves everything as it was.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` when it has no memory, several memories, or a global or table
   * that JavaScript cannot read; `ERR_PAGEFOLD_INVALID_ARGUMENT` when `onCapture` returns a promise; what
   * {@link MemoryView.adopt} and {@link MemoryView.snapshot} throw; and whatever `onCapture` throws.
   */
  static capture<S = undefined>(
    instance: {
      readonly exports: WebAssembly.Exports;
    },
    options?: InstanceSnapshotOptions<S>,
  ): InstanceSnapshot;

  /** The contents of the memory that {@link InstanceSnapshot.reset} goes back to. */
  get snapshot(): Snapshot;

  /** Whether {@link InstanceSnapshot.dispose} was called. */
  get disposed(): boolean;

  /**
   * Puts memory, globals and tables back, and then calls `onRestore`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` after {@link InstanceSnapshot.dispose}; `ERR_PAGEFOLD_BUSY` when
   * `onRestore` calls it. When all has been put back but what is in JavaScript: what `onRestore` throws, and
   * `ERR_PAGEFOLD_INVALID_ARGUMENT` when it returns a promise.
   */
  reset(): InstanceResetReport;

  /** Ends tracking and lets go of what was captured. The instance goes on as it is. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export {};
