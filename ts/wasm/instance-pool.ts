import type { InspectOptionsStylized } from 'node:util';

import { leasesWatched, publishLease } from '../channels.ts';
import { wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import { INSPECT, inspected, stateOf } from '../inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from '../made-here.ts';
import type { Snapshot } from '../snapshot.ts';
import { checkWaitOptions, Waiters, type CheckedWaitOptions, type WaitOptions } from '../waiters.ts';
import { GuestMaker } from './guest-maker.ts';
import { InstanceLease, Tenancy, type Ending } from './instance-lease.ts';
import {
  checkPoolOptions,
  checkRunOptions,
  checkSize,
  type CheckedPoolOptions,
  type InstancePoolOptions,
  type RunOptions,
} from './instance-pool-options.ts';
import { PoolCounts, type DiscardReason, type InstancePoolStats } from './instance-pool-stats.ts';
import { PooledGuest } from './pooled-guest.ts';
import { withinTime } from './time-limit.ts';
import { isTrap } from './trap.ts';

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
  readonly #options: CheckedPoolOptions<T, unknown>;
  readonly #snapshot: Snapshot;
  readonly #maker: GuestMaker<PooledGuest<T>>;
  readonly #counts = new PoolCounts();
  readonly #waiters = new Waiters<PooledGuest<T>>('a guest of the pool');
  /** Every guest that there is, leased or not. */
  readonly #guests = new Set<PooledGuest<T>>();
  /** What the application knows them by, and those that are being made. */
  readonly #owned: Set<T>;
  /** Those that are clean; the one that was used last comes first, because its pages are in the caches. */
  readonly #idle: PooledGuest<T>[] = [];
  /** Those that were released and are not clean yet, the latest one last. */
  readonly #unclean: PooledGuest<T>[] = [];
  readonly #abandoned = new FinalizationRegistry<Tenancy<T>>((tenancy) => tenancy.end('abandoned'));
  /** What `dispose` of guests has not done yet. */
  readonly #disposing = new Set<Promise<void>>();
  #size: number;
  #inUse = 0;
  #cleaning = 0;
  #cleanLater: ReturnType<typeof setImmediate> | undefined;
  #closed = false;
  #closing: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(made: MadeHere, options: CheckedPoolOptions<T, unknown>, first: PooledGuest<T>, owned: Set<T>) {
    checkMadeHere(made, 'an InstancePool is made by InstancePool.create()');
    this.#options = options;
    this.#size = options.size;
    this.#snapshot = first.snapshot;
    this.#owned = owned;
    const like = (): Snapshot | undefined => (this.#snapshot.disposed ? undefined : this.#snapshot);
    this.#maker = new GuestMaker(
      {
        make: () => PooledGuest.make(options, like, owned),
        wanted: () => this.#wanted(),
        made: (pooled) => (this.#enter(pooled), publishLease('rebuild', this, undefined, pooled.microseconds)),
        failed: (error, gaveUp) => this.#failed(error, gaveUp),
      },
      options.concurrency,
    );
    this.#enter(first);
    this.#maker.fill();
  }

  /**
   * Makes a pool and its first guest, whose snapshot all others share what they can with.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_INVALID_ARGUMENT`, `ERR_PAGEFOLD_OUT_OF_RANGE` for wrong options; what
   * {@link InstanceSnapshot.capture} throws; and whatever `create`, `ready` and `onCapture` throw for the first guest.
   */
  static async create<T, S = undefined>(options: InstancePoolOptions<T, S>): Promise<InstancePool<T>> {
    const checked = checkPoolOptions(options) as CheckedPoolOptions<T, unknown>;
    const owned = new Set<T>();
    const first = await PooledGuest.make(checked, () => checked.like, owned);
    return new InstancePool(MADE_HERE, checked, first, owned);
  }

  /** What the first guest goes back to. Share it with pools in other threads: it lives until the pool is closed. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether {@link InstancePool.close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * A guest, as soon as there is one, in the order of the calls.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_POOL_TIMEOUT` after `timeoutMs`; `ERR_PAGEFOLD_ABORTED`
   * when the signal is; `ERR_PAGEFOLD_GUEST_LOST`, with `cause`, when there is no guest and none can be made.
   */
  async acquire(options?: WaitOptions): Promise<InstanceLease<T>> {
    return this.#lease(await this.#next(checkWaitOptions(options)));
  }

  /**
   * A guest if there is one now; `undefined` if not, or if others wait already.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  tryAcquire(): InstanceLease<T> | undefined {
    this.#ensureOpen();
    const pooled = this.#take();
    return pooled === undefined ? undefined : this.#lease(this.#tenancy(pooled));
  }

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
  async run<R>(work: (guest: T, lease: InstanceLease<T>) => R | Promise<R>, options?: RunOptions): Promise<R> {
    if (typeof work !== 'function') throw wrongType(work, 'work', 'a function');
    const [wait, runTimeoutMs] = checkRunOptions(options);
    const tenancy = await this.#next(wait);
    const lease = this.#lease(tenancy);
    try {
      return await withinTime(work(lease.guest, lease), runTimeoutMs, (error) => tenancy.end('timeout', error));
    } catch (error) {
      if (isTrap(error)) tenancy.end('trap', error);
      throw error;
    } finally {
      // Through the lease, which the garbage collector would take for abandoned otherwise.
      lease[Symbol.dispose]();
    }
  }

  /**
   * Changes how many guests there are to be. New ones are made as when the pool began; where there are too many, idle ones
   * are given up at once, and leased ones when they are released.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` for anything but an integer from 1 on; `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  resize(size: number): void {
    const wanted = checkSize(size);
    this.#ensureOpen();
    this.#size = wanted;
    this.#retireExcess();
    this.#maker.fill();
  }

  /** What the pool consists of and what has become of its guests. Takes a microsecond. */
  stats(): InstancePoolStats {
    const { created, acquired, resets, discarded, retired, createFailures, lastError } = this.#counts;
    return {
      size: this.#size,
      idle: this.#idle.length,
      inUse: this.#inUse,
      cleaning: this.#unclean.length + this.#cleaning,
      rebuilding: this.#maker.running,
      waiting: this.#waiters.length,
      created,
      acquired,
      resets,
      discarded: { ...discarded },
      retired,
      createFailures,
      lastError,
    };
  }

  /**
   * Gives every guest up. Whoever waits gets `ERR_PAGEFOLD_POOL_CLOSED`. Leases stay good; their guests are given up when they
   * are released, and are not waited for. Idempotent.
   *
   * @returns a promise that is fulfilled when `dispose` is done with every guest that was given up so far; do not wait for it in
   * `dispose`. It is never rejected: see `lastError` in {@link InstancePoolStats}
   */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#giveUpAll();
      // Not what is given up later, nor by a dispose that closes the pool in turn.
      this.#closing = Promise.all(this.#disposing).then(() => undefined);
    }
    return this.#closing;
  }

  /** Closes the pool, without waiting for `dispose`. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** Closes the pool. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const state = stateOf(#guests in this, () => this.closed);
    return inspected('InstancePool', state, () => this.stats(), options, inspect);
  }

  /** Guests that are missing and are not being made. */
  #wanted(): number {
    const missing = this.#size - this.#guests.size - this.#maker.running;
    if (this.#options.fill === 'background') return missing;
    return Math.min(missing, this.#waiters.length - this.#maker.running);
  }

  #ensureOpen(): void {
    if (this.#closed) throw new PagefoldError('ERR_PAGEFOLD_POOL_CLOSED', 'the pool was closed');
  }

  /** The right to the next guest. Nothing but a promise stands between it and its holder. */
  async #next(options: CheckedWaitOptions): Promise<Tenancy<T>> {
    this.#ensureOpen();
    const pooled = options.signal?.aborted === true ? undefined : this.#take();
    if (pooled !== undefined) return this.#tenancy(pooled);
    // A hook may have closed it while guests were cleaned in vain.
    this.#ensureOpen();
    const started = leasesWatched() ? performance.now() : Number.NaN;
    const waiting = this.#waiters.wait(options);
    this.#maker.hurry();
    return this.#tenancy(await waiting, (performance.now() - started) * 1000 || 0);
  }

  /** A clean guest, cleaned now if need be, unless others wait for one. */
  #take(): PooledGuest<T> | undefined {
    if (this.#waiters.length > 0) return undefined;
    const idle = this.#idle.pop();
    if (idle !== undefined) return this.#taken(idle);
    for (let pooled = this.#unclean.pop(); pooled !== undefined; pooled = this.#unclean.pop()) {
      if (!this.#clean(pooled)) continue;
      if (!this.#closed) return this.#taken(pooled);
      this.#retire(pooled);
      this.#ensureOpen();
    }
    return undefined;
  }

  #taken(pooled: PooledGuest<T>): PooledGuest<T> {
    this.#inUse += 1;
    this.#counts.acquired += 1;
    pooled.use();
    return pooled;
  }

  #tenancy(pooled: PooledGuest<T>, waited = 0): Tenancy<T> {
    return new Tenancy(this, pooled, (ended, ending, error) => this.#end(ended, ending, error), waited);
  }

  #lease(tenancy: Tenancy<T>): InstanceLease<T> {
    const lease = new InstanceLease(MADE_HERE, tenancy);
    this.#abandoned.register(lease, tenancy);
    tenancy.begin(lease);
    return lease;
  }

  /** Ends a lease. */
  #end(pooled: PooledGuest<T>, ending: Ending, error: unknown): void {
    this.#inUse -= 1;
    if (ending !== 'released') {
      this.#discard(pooled, ending, error);
    } else if (this.#isTooMany()) {
      this.#retire(pooled);
    } else if (this.#options.cleaner === 'release') {
      if (this.#clean(pooled)) this.#offer(pooled);
    } else {
      this.#unclean.push(pooled);
      this.#cleanSoon();
    }
  }

  /** Puts a guest back that is in no list; `false` when it was given up instead. Hooks may call the pool meanwhile. */
  #clean(pooled: PooledGuest<T>): boolean {
    this.#cleaning += 1;
    const flaw = pooled.reset();
    this.#cleaning -= 1;
    if (flaw !== undefined) {
      this.#discard(pooled, flaw.reason, flaw.error);
      publishLease('discard', this, undefined, 0, flaw.reason);
      return false;
    }
    this.#counts.resets += 1;
    return true;
  }

  #cleanSoon(): void {
    this.#cleanLater ??= setImmediate(() => {
      this.#cleanLater = undefined;
      const pooled = this.#unclean.pop();
      if (pooled !== undefined && this.#clean(pooled)) this.#offer(pooled);
      if (this.#unclean.length > 0) this.#cleanSoon();
    });
  }

  /** Hands a clean guest to whoever has waited longest, or keeps it. */
  #offer(pooled: PooledGuest<T>): void {
    if (this.#isTooMany()) {
      this.#retire(pooled);
    } else if (this.#waiters.length > 0) {
      this.#waiters.serve(this.#taken(pooled));
    } else {
      this.#idle.push(pooled);
    }
  }

  /** Whether a guest that is not leased has no place any more. */
  #isTooMany(): boolean {
    return this.#closed || this.#guests.size > this.#size;
  }

  /** Takes in a new guest. */
  #enter(pooled: PooledGuest<T>): void {
    this.#counts.created += 1;
    this.#guests.add(pooled);
    pooled.prefault();
    this.#offer(pooled);
  }

  #failed(error: unknown, gaveUp: boolean): void {
    this.#counts.createFailures += 1;
    this.#counts.lastError = error;
    if (!gaveUp && this.#waiters.length > 0) this.#maker.hurry();
    if (!gaveUp || this.#guests.size > 0) return;
    // Nobody can release one: whoever waits would wait for ever.
    const message = 'there is no guest, and none can be made; see the cause';
    this.#waiters.sendAway(new PagefoldError('ERR_PAGEFOLD_GUEST_LOST', message, { cause: error }));
  }

  #discard(pooled: PooledGuest<T>, reason: DiscardReason, error: unknown): void {
    this.#counts.discarded[reason] += 1;
    if (error !== undefined) this.#counts.lastError = error;
    this.#remove(pooled);
    this.#maker.fill();
  }

  #retire(pooled: PooledGuest<T>): void {
    this.#counts.retired += 1;
    this.#remove(pooled);
  }

  #retireExcess(): void {
    for (const list of [this.#unclean, this.#idle]) {
      while (this.#guests.size > this.#size) {
        const pooled = list.shift();
        if (pooled === undefined) break;
        this.#retire(pooled);
      }
    }
  }

  #remove(pooled: PooledGuest<T>): void {
    this.#guests.delete(pooled);
    this.#owned.delete(pooled.guest);
    const disposing = this.#dispose(pooled).finally(() => this.#disposing.delete(disposing));
    this.#disposing.add(disposing);
  }

  async #dispose(pooled: PooledGuest<T>): Promise<void> {
    try {
      pooled.release(this.#snapshot);
      await this.#options.dispose?.(pooled.guest);
    } catch (error) {
      this.#counts.lastError = error;
    }
  }

  #giveUpAll(): void {
    this.#maker.close();
    if (this.#cleanLater !== undefined) clearImmediate(this.#cleanLater);
    this.#waiters.sendAway(new PagefoldError('ERR_PAGEFOLD_POOL_CLOSED', 'the pool was closed'));
    for (const pooled of [...this.#idle.splice(0), ...this.#unclean.splice(0)]) this.#retire(pooled);
    this.#snapshot.dispose();
  }
}
