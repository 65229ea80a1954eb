import { constants } from 'node:buffer';

import type { NativePool, NativePoolStats, NativeView } from '../../native/index.cjs';
import { binding } from '../binding.ts';
import { ensureBudget } from '../budget.ts';
import { bufferByteLength } from '../buffer.ts';
import { native, PagefoldError, translated } from '../errors.ts';
import { madeAt } from '../leaks.ts';
import { pagesIn } from '../page.ts';
import { ReportSlots, type ResetReport } from '../report.ts';
import { nativeSnapshot } from '../snapshot.ts';
import { disabledTrackers, type TrackerKind } from '../tracker.ts';
import type { CheckedPoolOptions } from './options.ts';

/** What a call for a lease answers when there is none to be had. @internal */
export const NONE = -1;

/**
 * The slots of a pool and the buffer over them, by the words of their leases: a word tells slot and generation.
 *
 * @internal
 */
export class Slots {
  readonly slotByteLength: number;
  readonly #reports = new ReportSlots();
  readonly #acquire: ReturnType<NativePool['acquirer']>;
  readonly #release: ReturnType<NativePool['releaser']>;
  readonly #releaseClean: ReturnType<NativePool['cleanReleaser']>;
  readonly #use: ReturnType<NativePool['user']>;
  readonly #byteLength: number;
  #native: NativePool | undefined;
  /** The one buffer over all slots, made when first needed. */
  #buffer: ArrayBuffer | undefined;

  constructor(options: CheckedPoolOptions) {
    const { slots, maxSlots: slotsMax, slotByteLength, guardByteLength, tracker, verify } = options;
    const { residentByteLength, idleByteLength, snapshot } = options;
    const { NativePool } = binding();
    ensureBudget();
    const layout = { slots, slotsMax, slotByteLength, guardByteLength, tracker, disabled: disabledTrackers(), verify };
    const pool = native(
      () =>
        new NativePool(
          {
            ...layout,
            ...(residentByteLength !== undefined && { residentPages: pagesIn(residentByteLength) }),
            ...(idleByteLength !== undefined && { idlePages: pagesIn(idleByteLength) }),
          },
          snapshot && nativeSnapshot(snapshot),
        ),
    );
    this.slotByteLength = slotByteLength;
    native(() => pool.enter(madeAt()));
    this.#native = pool;
    this.#byteLength = pool.byteLength();
    if (this.#byteLength > constants.MAX_LENGTH) {
      this.close();
      throw new PagefoldError(
        'ERR_PAGEFOLD_OUT_OF_RANGE',
        `all slots have one buffer, which can have ${constants.MAX_LENGTH} bytes here and not ${this.#byteLength}; ` +
          'make several pools',
      );
    }
    this.#acquire = pool.acquirer();
    this.#release = pool.releaser();
    this.#releaseClean = pool.cleanReleaser();
    this.#use = pool.user();
    this.#reports.setByteLength(slotByteLength);
  }

  get closed(): boolean {
    return this.#native === undefined;
  }

  /** Whether the buffer was transferred to another owner. */
  get isDetached(): boolean {
    return this.#buffer !== undefined && bufferByteLength(this.#buffer) !== this.#byteLength;
  }

  /** Throws when there are no leases to be had any more. */
  checkUsable(): void {
    this.#usable();
  }

  /** The word of a new lease, or {@link NONE}. */
  acquire(affinity: number): number {
    this.checkUsable();
    try {
      return this.#acquire(affinity);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** Ends a lease; whether the slot has to be cleaned. */
  release(word: number): boolean {
    try {
      return this.#release(word);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** Ends the lease of a slot that was used, and cleans that; what that did, if there was anything to clean. */
  releaseClean(word: number): ResetReport | undefined {
    const pool = this.#alive();
    if (this.isDetached) return void this.release(word);
    const tracker = native(() => this.#releaseClean(word, this.#reports.buffer)) as TrackerKind | null;
    if (tracker === null) return undefined;
    return this.#reports.read(tracker, { detail: () => pool.detail(), tracker: () => tracker });
  }

  /** Cleans the slot that has waited longest; whether there was one. */
  cleanNext(): boolean {
    const pool = this.#alive();
    return !this.isDetached && native(() => pool.cleanNext());
  }

  /** The bytes of a leased slot, as a new array. */
  bytes(word: number): Uint8Array<ArrayBuffer> {
    const buffer = this.buffer();
    const byteOffset = this.byteOffset(word);
    try {
      return new Uint8Array(buffer, byteOffset, this.slotByteLength);
    } catch (error) {
      throw new PagefoldError('ERR_PAGEFOLD_OUT_OF_RANGE', 'a slot has more bytes than an array can have here', {
        cause: error,
      });
    }
  }

  /** Where a leased slot begins in the buffer. */
  byteOffset(word: number): number {
    try {
      return this.#use(word);
    } catch (thrown) {
      throw translated(thrown);
    }
  }

  /** For the addon: a view of a leased slot. */
  view(word: number): NativeView {
    const pool = this.#alive();
    return native(() => pool.view(word));
  }

  /** The buffer over all slots. */
  buffer(): ArrayBuffer {
    const pool = this.#alive();
    this.#buffer ??= native(() => pool.buffer());
    this.#usable();
    return this.#buffer;
  }

  resize(slots: number): void {
    const pool = this.#usable();
    native(() => pool.resize(slots));
  }

  /** Leaves so many private pages to all idle slots together; how many pages were given back to the system. */
  trim(byteLength: number): number {
    const pool = this.#usable();
    return native(() => pool.trim(pagesIn(byteLength)));
  }

  stats(): NativePoolStats {
    const pool = this.#alive();
    return native(() => pool.stats());
  }

  /** What the slots go back to, for the addon. */
  snapshot(): ReturnType<NativePool['snapshot']> {
    const pool = this.#alive();
    return native(() => pool.snapshot());
  }

  /** Gives everything back. Idempotent. */
  close(): void {
    const pool = this.#native;
    if (pool === undefined) return;
    this.#native = undefined;
    const buffer = this.#buffer;
    this.#buffer = undefined;
    native(() => pool.close(buffer));
  }

  #usable(): NativePool {
    const pool = this.#alive();
    if (this.isDetached) throw detached();
    return pool;
  }

  #alive(): NativePool {
    if (this.#native === undefined) throw closed();
    return this.#native;
  }
}

function closed(): PagefoldError {
  return new PagefoldError('ERR_PAGEFOLD_POOL_CLOSED', 'the pool was closed');
}

function detached(): PagefoldError {
  return new PagefoldError(
    'ERR_PAGEFOLD_DETACHED',
    'the bytes of the pool were transferred to another owner; only close() is left to do',
  );
}
