import type { InspectOptionsStylized } from 'node:util';

import { publishInstanceReset, resetPart, resetsWatched } from '../channels.ts';
import { checkChoice, checkOptions } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import { INSPECT, inspected, stateOf } from '../inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from '../made-here.ts';
import { MemoryView } from '../memory-view.ts';
import type { ResetReport } from '../report.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ViewOptions } from '../view-options.ts';
import { exportsOf, onlyMemory } from './exports.ts';
import { SavedGlobals } from './globals.ts';
import { captureState, checkHook } from './javascript-state.ts';
import { SavedTables } from './tables.ts';

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

/** What an instance snapshot is made of. @internal */
interface Parts {
  readonly memory: WebAssembly.Memory;
  readonly view: MemoryView;
  readonly globals: SavedGlobals;
  readonly tables: SavedTables;
  readonly restoreState: () => void;
  readonly like: Snapshot | undefined;
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
  /** The memory of the instance. */
  readonly memory: WebAssembly.Memory;
  /** The view of it. */
  readonly view: MemoryView;
  readonly #snapshot: Snapshot;
  readonly #globals: SavedGlobals;
  readonly #tables: SavedTables;
  #restoreState: (() => void) | undefined;
  #restoringState = false;

  /** @internal */
  constructor(made: MadeHere, parts: Parts) {
    checkMadeHere(made, 'an InstanceSnapshot is made by InstanceSnapshot.capture()');
    this.memory = parts.memory;
    this.view = parts.view;
    this.#globals = parts.globals;
    this.#tables = parts.tables;
    this.#restoreState = parts.restoreState;
    this.#snapshot = parts.view.snapshot({ like: parts.like });
  }

  /**
   * Captures an instance, or anything with the `exports` of one. An error leaves everything as it was.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` when it has no memory, several memories, or a global or table
   * that JavaScript cannot read; `ERR_PAGEFOLD_INVALID_ARGUMENT` when `onCapture` returns a promise; what
   * {@link MemoryView.adopt} and {@link MemoryView.snapshot} throw; and whatever `onCapture` throws.
   */
  static capture<S = undefined>(
    instance: { readonly exports: WebAssembly.Exports },
    options?: InstanceSnapshotOptions<S>,
  ): InstanceSnapshot {
    const exports = exportsOf(instance);
    const { memory: given, tables, like, onCapture, onRestore, ...rest } = readOptions(options);
    const withEntries = checkChoice(tables ?? 'entries', 'tables', ['entries', 'length']) === 'entries';
    checkHook(onCapture, 'onCapture');
    checkHook(onRestore, 'onRestore');
    const memory = given ?? onlyMemory(exports);
    const view = MemoryView.adopt(memory, rest);
    try {
      // First, because it may call the guest: memory, globals and tables are to be as it leaves them.
      const restoreState = captureState(onCapture, onRestore);
      const parts = { globals: new SavedGlobals(exports), tables: new SavedTables(exports, withEntries) };
      return new InstanceSnapshot(MADE_HERE, { memory, view, restoreState, like, ...parts });
    } catch (error) {
      view.dispose();
      throw error;
    }
  }

  /** The contents of the memory that {@link InstanceSnapshot.reset} goes back to. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether {@link InstanceSnapshot.dispose} was called. */
  get disposed(): boolean {
    return this.view.disposed;
  }

  /**
   * Puts memory, globals and tables back, and then calls `onRestore`.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` after {@link InstanceSnapshot.dispose}; `ERR_PAGEFOLD_BUSY` when
   * `onRestore` calls it. When all has been put back but what is in JavaScript: what `onRestore` throws, and
   * `ERR_PAGEFOLD_INVALID_ARGUMENT` when it returns a promise.
   */
  reset(): InstanceResetReport {
    if (this.#restoringState) {
      throw new PagefoldError('ERR_PAGEFOLD_BUSY', 'onRestore has called the reset that it is a part of');
    }
    const watched = resetsWatched();
    const started = watched ? performance.now() : 0;
    const memory = watched ? resetPart(this.view) : this.view.reset();
    const globalsRestored = this.#globals.restore();
    const { entriesRestored, grown } = this.#tables.restore();
    this.#restoringState = true;
    try {
      this.#restoreState?.();
    } finally {
      this.#restoringState = false;
    }
    const report: InstanceResetReport = {
      memory,
      globalsRestored,
      tableEntriesRestored: entriesRestored,
      rebuildRequired: grown.length > 0,
      tablesGrown: grown,
    };
    if (watched) {
      const { view } = this;
      publishInstanceReset(
        { operation: 'reset', view, report: memory, instance: this, instanceReport: report },
        started,
      );
    }
    return report;
  }

  /** Ends tracking and lets go of what was captured. The instance goes on as it is. Idempotent. */
  dispose(): void {
    // First what only a real one has, so that an heir of it fails before anything has changed.
    const snapshot = this.#snapshot;
    this.#restoreState = undefined;
    this.view.dispose();
    snapshot.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  [INSPECT](_depth: number, options: InspectOptionsStylized, inspect: (value: unknown) => string): string {
    const properties = (): object => ({
      view: this.view,
      mutableGlobals: this.#globals.count,
      tables: this.#tables.count,
    });
    const state = stateOf(#globals in this, () => this.disposed);
    return inspected('InstanceSnapshot', state, properties, options, inspect);
  }
}

/** Every option, read once; those of the view are checked there. */
function readOptions<S>(options: InstanceSnapshotOptions<S> | undefined): Required<InstanceSnapshotOptions<S>> {
  const { memory, tables, like, tracker, residentByteLength, idleByteLength, verify, onCapture, onRestore } =
    checkOptions(options);
  return { memory, tables, like, tracker, residentByteLength, idleByteLength, verify, onCapture, onRestore };
}
