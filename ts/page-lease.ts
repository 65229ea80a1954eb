import type { InspectOptionsStylized } from 'node:util';

import { PagefoldError } from './errors.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import { MemoryView } from './memory-view.ts';
import type { Leases } from './pool/leases.ts';
import type { ResetReport } from './report.ts';
import type { Source } from './source.ts';

/**
 * Has a lease that has not ended told of when it is collected; set by the class, which alone can see it.
 *
 * @internal
 */
export let watchLease: (lease: PageLease, watched: FinalizationRegistry<number>) => void;

/** By their bytes: who has an array must not lose its slot to the garbage collector. */
const leases = new WeakMap<Uint8Array, PageLease>();

/**
 * The right to use one slot of a {@link PagePool}, until it is released.
 *
 * What was left in the slot is gone for the next one who gets it. **An array over the slot that is kept after the release
 * still shows it**, and with it what the next one writes, and can write there itself: the engine knows no way to end one array
 * and not the others. What goes through the lease or its view is refused by then.
 *
 * Who loses a lease without releasing it loses the slot until the garbage collector finds that out; `stats().abandoned`
 * counts these.
 *
 * @example
 * using lease = await pool.acquire();
 * lease.bytes.set(request);
 */
export class PageLease implements Disposable {
  readonly #leases: Leases;
  readonly #word: number;
  /** When it began, if anybody listened then. */
  readonly #since: number | undefined;
  #isReleased = false;
  #isWatched = false;
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #view: MemoryView | undefined;

  /** @internal */
  constructor(made: MadeHere, leases: Leases, word: number, since: number | undefined) {
    checkMadeHere(made, 'a PageLease is made by PagePool.acquire() or PagePool.tryAcquire()');
    this.#leases = leases;
    this.#word = word;
    this.#since = since;
  }

  static {
    watchLease = (lease, watched) => {
      if (lease.#isReleased) return;
      lease.#isWatched = true;
      watched.register(lease, lease.#word, lease);
    };
  }

  /** Which slot, counted from 0. */
  get slot(): number {
    return Math.floor(this.#word / 2 ** 32);
  }

  /** Different for every lease of the slot, until there have been 2^31. */
  get generation(): number {
    return this.#word % 2 ** 32;
  }

  /** Whether it has ended: by {@link PageLease.release}, or because the pool was closed. */
  get released(): boolean {
    return this.#isReleased || this.#leases.slots.closed;
  }

  /**
   * The bytes of the slot, without a copy. The buffer behind them is that of all slots: give a guest what it may see, never
   * `bytes.buffer`. Once they were asked for, the slot counts as used, and is cleaned after the release.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` after the release; `ERR_PAGEFOLD_DETACHED` when the buffer of the pool
   * was transferred to another owner; `ERR_PAGEFOLD_EXTERNAL_BUFFERS` when the runtime forbids buffers over foreign memory.
   */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#checkAlive();
    const { slots } = this.#leases;
    if (this.#bytes === undefined) {
      this.#bytes = slots.bytes(this.#word);
      leases.set(this.#bytes, this);
    } else {
      slots.buffer();
    }
    return this.#bytes;
  }

  /**
   * The slot as a memory whose pages are tracked, with the snapshot of the pool as its baseline. Whatever is done to it, the
   * next one who gets the slot finds the snapshot of the pool. Disposing the view does not end the lease.
   *
   * @throws {PagefoldError} as {@link PageLease.bytes}, and so does every method of a view whose lease has ended.
   */
  get view(): MemoryView {
    this.#checkAlive();
    if (this.#view === undefined || this.#view.disposed) {
      const everything = { byteOffset: 0, byteEnd: Number.POSITIVE_INFINITY };
      this.#view = new MemoryView(MADE_HERE, this.#source(), everything, undefined);
    }
    return this.#view;
  }

  /**
   * Gives the slot back. With the pool's option `cleaner: 'release'` it is cleaned at once; what that did is returned, or
   * nothing when the slot was never used. Await I/O on its bytes first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_LEASE_LOST` when that has happened before; with `cleaner: 'release'` whatever
   * cleaning the slot fails with: the lease has ended all the same, and the slot is cleaned before somebody gets it.
   */
  release(): ResetReport | undefined {
    this.#checkAlive();
    const isUsed = this.#bytes !== undefined || this.#view !== undefined;
    this.#isReleased = true;
    this.#bytes = undefined;
    const report = this.#leases.end(this, this.#word, this.#isWatched, isUsed);
    this.#leases.tellEnd(this, this.#since);
    return report;
  }

  /** Releases the lease if it has not ended. */
  [Symbol.dispose](): void {
    if (!this.released) this.release();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { slot, generation } = this;
      return { slot, generation, byteLength: this.#leases.slots.slotByteLength };
    };
    const state = stateOf(#word in this, () => this.released);
    return inspected('PageLease', state, properties, options, inspect, 'released');
  }

  #checkAlive(): void {
    if (this.#isReleased) throw new PagefoldError('ERR_PAGEFOLD_LEASE_LOST', 'the lease was released');
    if (this.#leases.slots.closed) {
      throw new PagefoldError('ERR_PAGEFOLD_LEASE_LOST', 'the pool of the lease was closed');
    }
  }

  #source(): Source {
    const { slots } = this.#leases;
    const word = this.#word;
    const { slotByteLength } = slots;
    return {
      owner: this,
      byteOffset: slots.byteOffset(word),
      sharedRefusal: undefined,
      claimByteLength: slotByteLength,
      buffer: () => {
        this.#checkAlive();
        return slots.buffer();
      },
      byteLength: () => slotByteLength,
      bufferIfAlive: () => (this.released || slots.isDetached ? undefined : slots.buffer()),
      leased: {
        baseline: this.#leases.snapshot,
        hasEnded: () => this.released,
        bytes: () => this.bytes,
        view: () => slots.view(word),
      },
    };
  }
}
