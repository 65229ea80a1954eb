import type { MemoryView, ResetReport, Snapshot, ViewOptions } from './index.js';

/** Options of {@link InstanceSnapshot.capture}. */
export interface InstanceSnapshotOptions extends ViewOptions {
  /** The memory, when the instance imports it instead of exporting it. */
  memory?: WebAssembly.Memory | undefined;

  /**
   * What is put back of exported tables. `entries`: every entry is compared, about 0.1 us each. `length`: growth is
   * noticed and reported, entries are left alone; for guests with large tables that they do not write to.
   *
   * @default 'entries'
   */
  tables?: 'entries' | 'length' | undefined;
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
   * Exported tables that have grown. A table cannot shrink: a guest that grows one in every cycle has to be made anew
   * at some point.
   */
  readonly tablesGrown: readonly string[];
}

/**
 * The state of a WebAssembly instance: its memory, its exported mutable globals, its exported tables.
 *
 * Capture and reset at a quiescent point: no call into the guest on the stack. What the instance does not export cannot
 * be seen from outside: with a toolchain that keeps its stack pointer in such a global that is no harm at a quiescent
 * point, because the stack is then empty. State in JavaScript, such as files of an emulated file system, is yours.
 *
 * @example
 * const guest = InstanceSnapshot.capture(instance);
 * instance.exports.handle(request);
 * guest.reset();
 */
export class InstanceSnapshot implements Disposable {
  #private;
  private constructor();

  /** The memory of the instance. */
  readonly memory: WebAssembly.Memory;

  /** The view of it. */
  readonly view: MemoryView;

  /**
   * Captures an instance, or anything with the `exports` of one.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` when it has no memory, several memories, or a global or table
   * that JavaScript cannot read; and what {@link MemoryView.adopt} throws.
   */
  static capture(
    instance: {
      readonly exports: WebAssembly.Exports;
    },
    options?: InstanceSnapshotOptions,
  ): InstanceSnapshot;

  /** The contents of the memory that {@link InstanceSnapshot.reset} goes back to. */
  get snapshot(): Snapshot;

  /** Whether {@link InstanceSnapshot.dispose} was called. */
  get disposed(): boolean;

  /**
   * Puts memory, globals and tables back.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` after {@link InstanceSnapshot.dispose}.
   */
  reset(): InstanceResetReport;

  /** Ends tracking and lets go of the snapshot. The instance goes on as it is. Idempotent. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export {};
