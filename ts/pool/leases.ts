import { leasesWatched, publishLease } from '../channels.ts';
import { PagefoldError } from '../errors.ts';
import { MADE_HERE } from '../made-here.ts';
import { PageLease, watchLease } from '../page-lease.ts';
import type { ResetReport } from '../report.ts';
import { Snapshot } from '../snapshot.ts';
import { checkWaitOptions, Waiters } from '../waiters.ts';
import { affinityOf } from './affinity.ts';
import { EachTurn } from './each-turn.ts';
import type { AcquireOptions, CheckedPoolOptions } from './options.ts';
import { NONE, Slots } from './slots.ts';

/**
 * Who has which slot, who waits for one, and what comes of slots whose leases have ended.
 *
 * @internal
 */
export class Leases {
  readonly slots: Slots;
  /** What every slot goes back to. */
  readonly snapshot: Snapshot;
  readonly #pool: object;
  readonly #ownsSnapshot: boolean;
  readonly #cleansAtRelease: boolean;
  readonly #waiters = new Waiters<PageLease, number>('a slot of the pool');
  readonly #turns = new EachTurn(() => this.#endTurn());
  /** Tells of leases that are collected before they end. */
  readonly #watched = new FinalizationRegistry<number>((word) => this.#abandoned(word));
  /** By slot, the last lease of this turn. To watch one costs more than all else, and most end in the turn they began in. */
  readonly #young: (PageLease | undefined)[] = [];
  readonly #youngSlots: number[] = [];
  readonly #counts = { abandoned: 0, timeouts: 0, aborted: 0 };

  /** @param pool what messages about leases name */
  constructor(options: CheckedPoolOptions, pool: object) {
    this.#pool = pool;
    this.slots = new Slots(options);
    this.#ownsSnapshot = options.snapshot === undefined;
    this.snapshot = options.snapshot ?? new Snapshot(MADE_HERE, this.slots.snapshot());
    this.#cleansAtRelease = options.cleaner === 'release';
  }

  get counts(): {
    readonly waiting: number;
    readonly abandoned: number;
    readonly timeouts: number;
    readonly aborted: number;
  } {
    return { waiting: this.#waiters.length, ...this.#counts };
  }

  /** A lease now, if there is one to be had. Who waits has come first, but then there is none. */
  acquire(affinity: number): PageLease | undefined {
    const lease = this.#take(affinity);
    if (lease !== undefined && leasesWatched()) publishLease('acquire', this.#pool, lease, 0);
    return lease;
  }

  #take(affinity: number): PageLease | undefined {
    const word = this.slots.acquire(affinity);
    if (word === NONE) return undefined;
    const lease = new PageLease(MADE_HERE, this, word, leasesWatched() ? performance.now() : undefined);
    const slot = slotOf(word);
    if (this.#young[slot] === undefined) {
      this.#youngSlots.push(slot);
      this.#turns.start();
    }
    this.#young[slot] = lease;
    return lease;
  }

  /** A lease as soon as there is one. */
  async wait(options: AcquireOptions | undefined): Promise<PageLease> {
    const affinity = affinityOf(options);
    const limits = checkWaitOptions(options);
    this.slots.checkUsable();
    if (this.#waiters.length === 0 && limits.signal?.aborted !== true) {
      const lease = this.acquire(affinity);
      if (lease !== undefined) return lease;
    }
    const started = leasesWatched() ? performance.now() : Number.NaN;
    let lease: PageLease;
    try {
      lease = await this.#waiters.wait(limits, affinity);
    } catch (error) {
      if (isOf(error, 'ERR_PAGEFOLD_POOL_TIMEOUT')) this.#counts.timeouts += 1;
      if (isOf(error, 'ERR_PAGEFOLD_ABORTED')) this.#counts.aborted += 1;
      throw error;
    }
    if (leasesWatched()) publishLease('acquire', this.#pool, lease, (performance.now() - started) * 1000 || 0);
    return lease;
  }

  /** Tells that a lease has ended which began then, if anybody listened by then. */
  tellEnd(lease: PageLease, since: number | undefined): void {
    if (leasesWatched())
      publishLease('release', this.#pool, lease, since === undefined ? 0 : (performance.now() - since) * 1000);
  }

  /** Ends a lease. */
  end(lease: PageLease, word: number, isWatched: boolean, isUsed: boolean): ResetReport | undefined {
    if (isWatched) this.#watched.unregister(lease);
    if (!this.#cleansAtRelease || !isUsed) {
      this.#release(word);
      return undefined;
    }
    try {
      return this.slots.releaseClean(word);
    } finally {
      if (this.#waiters.length > 0) this.serve();
    }
  }

  /** Gives whoever waits what there is to be had. */
  serve(): void {
    while (this.#waiters.length > 0) {
      let lease: PageLease | undefined;
      try {
        lease = this.#take(this.#waiters.wish ?? 0);
      } catch (error) {
        if (!(error instanceof PagefoldError)) throw error;
        this.#waiters.sendAway(error, 1);
        continue;
      }
      if (lease === undefined) return;
      this.#waiters.serve(lease);
    }
  }

  /** Ends everything. Idempotent. */
  close(): void {
    this.#turns.stop();
    this.#young.length = 0;
    this.#youngSlots.length = 0;
    if (this.#ownsSnapshot) this.snapshot.dispose();
    try {
      this.slots.close();
    } finally {
      this.#waiters.sendAway(new PagefoldError('ERR_PAGEFOLD_POOL_CLOSED', 'the pool was closed'));
    }
  }

  #release(word: number): void {
    const isUnclean = this.slots.release(word);
    if (this.#waiters.length > 0) this.serve();
    else if (isUnclean) this.#turns.start();
  }

  #abandoned(word: number): void {
    if (this.slots.closed) return;
    this.#counts.abandoned += 1;
    this.#release(word);
    if (leasesWatched()) publishLease('discard', this.#pool, undefined, 0, 'abandoned');
  }

  /** Watches the leases that have outlived the turn, and cleans a slot; whether there may be more to clean. */
  #endTurn(): boolean {
    for (const slot of this.#youngSlots) {
      const lease = this.#young[slot];
      this.#young[slot] = undefined;
      if (lease !== undefined) watchLease(lease, this.#watched);
    }
    this.#youngSlots.length = 0;
    try {
      return this.slots.cleanNext();
    } catch {
      // The slot stays as it is, and is cleaned before somebody gets it. Who acquires it is told if that fails again.
      return false;
    }
  }
}

/** Generations have 32 bits. */
function slotOf(word: number): number {
  return Math.floor(word / 2 ** 32);
}

function isOf(error: unknown, code: string): boolean {
  return error instanceof PagefoldError && error.code === code;
}
