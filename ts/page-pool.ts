import type { InspectOptionsStylized } from 'node:util';

import { checkBytes } from './check.ts';
import { INSPECT, inspected, stateOf } from './inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from './made-here.ts';
import type { PageLease } from './page-lease.ts';
import { pageByteLength } from './page.ts';
import { affinityOf } from './pool/affinity.ts';
import { Leases } from './pool/leases.ts';
import {
  checkPoolOptions,
  checkSlots,
  type AcquireOptions,
  type AffinityOptions,
  type CheckedPoolOptions,
  type PagePoolOptions,
} from './pool/options.ts';
import type { PagePoolStats, PoolTrimReport } from './pool/stats.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Memories of one length that begin as one snapshot, ready to be handed out, and cleaned when they come back.
 *
 * A slot is clean when somebody gets it: it holds the current version of the pool's snapshot, whatever its last user has done
 * to it. A slot that could not be cleaned is kept from everybody until it was mapped anew.
 *
 * Belongs to the thread that made it. Threads that have the same snapshot ({@link Snapshot.share}) share its pages, each
 * with a pool of its own.
 *
 * @example
 * const pool = PagePool.create({ slots: 64, snapshot });
 * async function handle(request) {
 *   using lease = await pool.acquire({ timeoutMs: 1000 });
 *   return guest.run(lease.bytes, request);
 * }
 */
export class PagePool implements Disposable {
  readonly #leases: Leases;
  readonly #maxSlots: number;
  readonly #idleByteLength: number;
  readonly #name: string;
  #slots: number;

  /** @internal */
  constructor(made: MadeHere, options: CheckedPoolOptions) {
    checkMadeHere(made, 'a PagePool is made by PagePool.create()');
    this.#leases = new Leases(options, this);
    this.#slots = options.slots;
    this.#maxSlots = options.maxSlots;
    this.#idleByteLength = options.idleByteLength ?? 0;
    this.#name = options.name;
  }

  /**
   * Reserves the addresses of all slots. Slots take memory when they are first used.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE` and `ERR_PAGEFOLD_UNALIGNED` for impossible lengths and numbers;
   * `ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE` when slots are shorter than the snapshot; `ERR_PAGEFOLD_OUT_OF_MEMORY` when there is no
   * address space left; `ERR_PAGEFOLD_BUDGET` when too much that was dropped waits for the engine, see {@link setBudget};
   * `ERR_PAGEFOLD_UNSUPPORTED`, with the reason, when the tracker does not work here.
   */
  static create(options: PagePoolOptions): PagePool {
    return new PagePool(MADE_HERE, checkPoolOptions(options));
  }

  /** How many slots there are, or will be when as many leases as are too many were released. */
  get slots(): number {
    return this.#slots;
  }

  /** How many {@link PagePool.resize} can make of them. */
  get maxSlots(): number {
    return this.#maxSlots;
  }

  /** Length of a slot in bytes. */
  get slotByteLength(): number {
    return this.#leases.slots.slotByteLength;
  }

  /** What every slot holds when it is leased. Without the option of that name: zeros, in a snapshot that lives as long as the pool. */
  get snapshot(): Snapshot {
    return this.#leases.snapshot;
  }

  /** The name given at creation; empty without one. */
  get name(): string {
    return this.#name;
  }

  /** Whether {@link PagePool.close} was called. */
  get closed(): boolean {
    return this.#leases.slots.closed;
  }

  /**
   * A lease as soon as there is one: now, or when somebody releases theirs and all who have waited longer were served.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_TIMEOUT`; `ERR_PAGEFOLD_ABORTED`, with the reason as `cause`;
   * `ERR_PAGEFOLD_POOL_CLOSED`; those of {@link PagePool.tryAcquire}.
   */
  acquire(options?: AcquireOptions): Promise<PageLease> {
    return this.#leases.wait(options);
  }

  /**
   * A lease, or nothing when all slots are in use. About half a microsecond when there is a clean slot; else a slot is cleaned
   * or mapped first.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED` when the buffer of the pool was transferred to
   * another owner; `ERR_PAGEFOLD_OUT_OF_MEMORY` when all slots that have memory are in use, and there is none for another one;
   * `ERR_PAGEFOLD_VERIFY` when the only slot that is left failed its check. The pool works on with the others.
   */
  tryAcquire(options?: AffinityOptions): PageLease | undefined {
    return this.#leases.acquire(affinityOf(options));
  }

  /**
   * Changes how many slots there are. Slots that are too many are given back to the system: at once, or when they are
   * released.
   *
   * @param slots from 1 up to {@link PagePool.maxSlots}
   * @throws {PagefoldError} `ERR_PAGEFOLD_OUT_OF_RANGE`; `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED`; and
   * `ERR_PAGEFOLD_OUT_OF_MEMORY` when the memory of a free slot cannot be given back yet: the pool has its new size all the same.
   */
  resize(slots: number): void {
    const count = checkSlots(slots, 'slots', this.#maxSlots);
    this.#leases.slots.checkUsable();
    this.#slots = count;
    try {
      this.#leases.slots.resize(count);
    } finally {
      this.#leases.serve();
    }
  }

  /**
   * Gives private pages of slots that nobody uses back to the system, until at most so many bytes are private: of the slots
   * first that have been idle longest. Contents stay as they are.
   *
   * @param byteLength what may stay private; the option `idleByteLength`, or 0, by default
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`; `ERR_PAGEFOLD_DETACHED`; `ERR_PAGEFOLD_OUT_OF_MEMORY` when the process has too
   * many mappings to give a slot back.
   */
  trim(byteLength?: number): PoolTrimReport {
    const keep = byteLength === undefined ? this.#idleByteLength : checkBytes(byteLength, 'byteLength');
    return { pagesReleased: this.#leases.slots.trim(keep) };
  }

  /**
   * How many slots are in which state, and what has happened since the pool was made: numbers, fit for a monitor. Costs a
   * microsecond or two.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_POOL_CLOSED`.
   */
  stats(): PagePoolStats {
    const { slots, unmapped, clean, inUse, unknown, retiring, acquired, ...others } = this.#leases.slots.stats();
    const { trimmedPages, ...done } = others;
    const { waiting, ...counts } = this.#leases.counts;
    return {
      slots,
      maxSlots: this.#maxSlots,
      unmapped,
      clean,
      inUse,
      unknown,
      retiring,
      waiting,
      acquired,
      released: acquired - inUse,
      ...done,
      trimmedByteLength: trimmedPages * pageByteLength(),
      ...counts,
    };
  }

  /**
   * Gives all memory back at once. Leases are lost, arrays over slots become empty, and who waits is rejected with
   * `ERR_PAGEFOLD_POOL_CLOSED`. Await I/O on slots first: an unfinished call ends with an error. Idempotent.
   *
   * If the buffer was transferred to another owner, the memory is that owner's and goes with it.
   */
  close(): void {
    this.#leases.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => {
      const { name, slots, maxSlots, slotByteLength } = this;
      const { inUse, waiting } = this.stats();
      return { ...(name !== '' && { name }), slots, maxSlots, slotByteLength, inUse, waiting };
    };
    const state = stateOf(#slots in this, () => this.closed);
    return inspected('PagePool', state, properties, options, inspect, 'closed');
  }
}
