import type { InspectOptionsStylized } from 'node:util';

import { leasesWatched, publishLease } from '../channels.ts';
import { PagefoldError } from '../errors.ts';
import { INSPECT, inspected, stateOf } from '../inspect.ts';
import { checkMadeHere, type MadeHere } from '../made-here.ts';
import type { MemoryView } from '../memory-view.ts';
import type { DiscardReason } from './instance-pool-stats.ts';
import type { PooledGuest } from './pooled-guest.ts';

/** What becomes of a guest at the end of a lease. @internal */
export type Ending = 'released' | DiscardReason;

/**
 * The right to a guest, which ends once.
 *
 * @internal
 */
export class Tenancy<T> {
  readonly #pool: object;
  readonly #end: (pooled: PooledGuest<T>, ending: Ending, error: unknown) => void;
  /** When somebody was told of the lease, and of which. Weak, because a forgotten lease is to be found. */
  #told: { readonly lease: WeakRef<object>; readonly since: number } | undefined;
  #pooled: PooledGuest<T> | undefined;
  /** How long it was waited for, if somebody listens. */
  readonly #waited: number;

  constructor(
    pool: object,
    pooled: PooledGuest<T>,
    end: (pooled: PooledGuest<T>, ending: Ending, error: unknown) => void,
    waited: number,
  ) {
    this.#pool = pool;
    this.#pooled = pooled;
    this.#end = end;
    this.#waited = waited;
  }

  /** Tells of the lease, if anybody listens. */
  begin(lease: object): void {
    if (!leasesWatched()) return;
    this.#told = { lease: new WeakRef(lease), since: performance.now() };
    publishLease('acquire', this.#pool, lease, this.#waited);
  }

  /** The guest, until the end. */
  get pooled(): PooledGuest<T> | undefined {
    return this.#pooled;
  }

  /** Ends it; `false` when it had ended before. */
  end(ending: Ending, error?: unknown): boolean {
    const pooled = this.#pooled;
    if (pooled === undefined) return false;
    this.#pooled = undefined;
    this.#end(pooled, ending, error);
    if (leasesWatched()) this.#tellEnd(ending);
    return true;
  }

  #tellEnd(ending: Ending): void {
    const held = this.#told === undefined ? 0 : (performance.now() - this.#told.since) * 1000;
    const lease = this.#told?.lease.deref();
    if (ending === 'released') publishLease('release', this.#pool, lease, held);
    else publishLease('discard', this.#pool, lease, held, ending);
  }
}

/**
 * A guest of an {@link InstancePool} that nobody else has until it is released. Keep neither the guest nor anything of it after
 * that: somebody else gets it, and pagefold cannot take from you what is yours in JavaScript.
 *
 * A lease that is forgotten is noticed when the garbage collector finds it; the guest is then replaced by a new one.
 */
export class InstanceLease<T> implements Disposable {
  readonly #tenancy: Tenancy<T>;

  /** @internal */
  constructor(made: MadeHere, tenancy: Tenancy<T>) {
    checkMadeHere(made, 'an InstanceLease is made by InstancePool.acquire()');
    this.#tenancy = tenancy;
  }

  /**
   * The guest.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release.
   */
  get guest(): T {
    return this.#alive().guest;
  }

  /**
   * The view of its memory. It is the pool's: what is done to it may cost the guest its place in the pool.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release.
   */
  get view(): MemoryView {
    return this.#alive().view;
  }

  /** Whether it was released or discarded. */
  get released(): boolean {
    return this.#tenancy.pooled === undefined;
  }

  /**
   * Gives the guest back, to be put back before anybody gets it. Call it when nothing of the guest is on the stack. A guest
   * that cannot be put back is replaced by a new one, see `discarded` in {@link InstancePoolStats}.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when it was released or discarded before.
   */
  release(): void {
    if (!this.#tenancy.end('released')) throw lost();
  }

  /**
   * Gives the guest up, because it is known to be broken: nobody gets it any more, and a new one takes its place.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when it was released or discarded before.
   */
  discard(): void {
    if (!this.#tenancy.end('discarded')) throw lost();
  }

  /** Releases the guest unless that was done before. */
  [Symbol.dispose](): void {
    this.#tenancy.end('released');
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const state = stateOf(#tenancy in this, () => this.released);
    return inspected('InstanceLease', state, () => ({ guest: this.guest, view: this.view }), options, inspect);
  }

  #alive(): PooledGuest<T> {
    const { pooled } = this.#tenancy;
    if (pooled === undefined) throw lost();
    return pooled;
  }
}

function lost(): PagefoldError {
  return new PagefoldError(
    'ERR_PAGEFOLD_LEASE_LOST',
    'the lease was released; somebody else may have the guest by now',
  );
}
