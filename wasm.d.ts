import type { ResetMessage, MemoryView, ResetReport, Snapshot, ViewOptions } from './index.js';

/** What is published on the channel `pagefold:reset` when all of an instance was reset. It has the property `instance`. */
export interface InstanceResetMessage extends ResetMessage {
  /** The instance. */
  readonly instance: InstanceSnapshot;

  /** What the caller gets. */
  readonly instanceReport: InstanceResetReport;
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
   * {@link MemoryView.adopt} throws; and whatever `onCapture` throws.
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
