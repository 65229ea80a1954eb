import { leasesWatched } from '../channels.ts';
import { PagefoldError } from '../errors.ts';
import type { MemoryView } from '../memory-view.ts';
import type { Snapshot } from '../snapshot.ts';
import type { CheckedPoolOptions } from './instance-pool-options.ts';
import type { DiscardReason } from './instance-pool-stats.ts';
import { InstanceSnapshot } from './instance-snapshot.ts';
import { refusePromise } from './javascript-state.ts';

/** Why a guest cannot be used again. @internal */
export interface Flaw {
  readonly reason: DiscardReason;
  readonly error: unknown;
}

/**
 * A guest and what puts it back.
 *
 * @internal
 */
export class PooledGuest<T> {
  readonly guest: T;
  readonly #captured: InstanceSnapshot;
  readonly #beforeReset: () => void;
  readonly #limits: { readonly maxByteLength: number; readonly maxUses: number };
  /** The version of its snapshot: nobody but whoever gets at that can make another. */
  readonly #version: number;
  #uses = 0;
  #microseconds = 0;
  /** Whether a hook has been called by the reset that is running. */
  #inHook = false;

  private constructor(guest: T, options: CheckedPoolOptions<T, unknown>, like: Snapshot | undefined) {
    const { instance = instanceOf, memory, tables, onCapture, onRestore, beforeReset, view } = options;
    let state: unknown;
    this.guest = guest;
    this.#limits = options;
    this.#captured = InstanceSnapshot.capture(instance(guest), {
      ...view,
      memory: memory?.(guest),
      tables,
      like,
      onCapture: () => (state = onCapture?.(guest)),
      onRestore: () => {
        this.#inHook = true;
        return onRestore?.(guest, state);
      },
    });
    this.#beforeReset = () => {
      this.#inHook = true;
      refusePromise(beforeReset?.(guest, state), 'beforeReset');
      this.#inHook = false;
    };
    this.#version = this.#captured.snapshot.version;
  }

  /**
   * Makes a guest that shares with `like` what it has in common with it, and adds it to the `owned` ones, among which it must
   * not be yet. Of a guest that fails later than `create` nothing is left behind.
   */
  static async make<T>(
    options: CheckedPoolOptions<T, unknown>,
    like: () => Snapshot | undefined,
    owned: Set<T>,
  ): Promise<PooledGuest<T>> {
    const started = leasesWatched() ? performance.now() : Number.NaN;
    const guest = await options.create();
    if (owned.has(guest)) throw new PagefoldError('ERR_PAGEFOLD_BUSY', 'create has returned the same guest once more');
    owned.add(guest);
    try {
      await options.ready?.(guest);
      const pooled = new PooledGuest(guest, options, like());
      pooled.#microseconds = (performance.now() - started) * 1000 || 0;
      return pooled;
    } catch (error) {
      owned.delete(guest);
      await disposeQuietly(guest, options);
      throw error;
    }
  }

  /** How long it took to make; 0 if nobody has listened. */
  get microseconds(): number {
    return this.#microseconds;
  }

  get view(): MemoryView {
    return this.#captured.view;
  }

  /** What it goes back to. */
  get snapshot(): Snapshot {
    return this.#captured.snapshot;
  }

  /** Counts another lease. */
  use(): void {
    this.#uses += 1;
  }

  /** Puts the guest back, if it can be used again. */
  reset(): Flaw | undefined {
    this.#inHook = false;
    try {
      const { view, snapshot } = this.#captured;
      if (this.#uses >= this.#limits.maxUses) return { reason: 'uses', error: undefined };
      if (view.byteLength > this.#limits.maxByteLength) return { reason: 'grown', error: undefined };
      if (view.baseline !== snapshot || snapshot.version !== this.#version) {
        const message = 'the guest was given another baseline while it was leased';
        return { reason: 'reset', error: new PagefoldError('ERR_PAGEFOLD_GUEST_LOST', message) };
      }
      this.#beforeReset();
      return this.#captured.reset().rebuildRequired ? { reason: 'tables', error: undefined } : undefined;
    } catch (error) {
      return { reason: this.#inHook ? 'hook' : 'reset', error };
    }
  }

  /** Makes the pages private that such guests are known to write to. */
  prefault(): void {
    try {
      this.view.prefault();
    } catch {
      // Only to save faults: without room for it, the guest takes them one by one.
    }
  }

  /** Ends tracking. The snapshot stays if it is `kept`. */
  release(kept: Snapshot | undefined): void {
    if (this.snapshot === kept) this.view.dispose();
    else this.#captured.dispose();
  }
}

/** What went wrong before is what its maker is told of. */
async function disposeQuietly<T>(guest: T, { dispose }: CheckedPoolOptions<T, unknown>): Promise<void> {
  try {
    await dispose?.(guest);
  } catch {
    // There is nothing more to be done for the guest.
  }
}

/** The guest itself, or what it calls its instance. */
function instanceOf(guest: unknown): { readonly exports: WebAssembly.Exports } {
  if (typeof guest === 'object' && guest !== null) {
    if ('exports' in guest) return guest as WebAssembly.Instance;
    if ('instance' in guest) return guest.instance as WebAssembly.Instance;
  }
  throw new PagefoldError(
    'ERR_PAGEFOLD_INVALID_ARGUMENT',
    'the guest has neither exports nor an instance; tell with options.instance where its instance is',
  );
}
