import type { InspectOptionsStylized } from 'node:util';

import { checkChoice, checkOptions, wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import { INSPECT, inspected, stateOf } from '../inspect.ts';
import { checkMadeHere, MADE_HERE, type MadeHere } from '../made-here.ts';
import { MemoryView } from '../memory-view.ts';
import type { ResetReport } from '../report.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ViewOptions } from '../view-options.ts';
import { SavedGlobals } from './globals.ts';
import { SavedTables } from './tables.ts';

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
  /** The memory of the instance. */
  readonly memory: WebAssembly.Memory;
  /** The view of it. */
  readonly view: MemoryView;
  readonly #snapshot: Snapshot;
  readonly #globals: SavedGlobals;
  readonly #tables: SavedTables;

  /** @internal */
  constructor(
    made: MadeHere,
    memory: WebAssembly.Memory,
    view: MemoryView,
    globals: SavedGlobals,
    tables: SavedTables,
  ) {
    checkMadeHere(made, 'an InstanceSnapshot is made by InstanceSnapshot.capture()');
    this.memory = memory;
    this.view = view;
    this.#globals = globals;
    this.#tables = tables;
    this.#snapshot = view.snapshot();
  }

  /**
   * Captures an instance, or anything with the `exports` of one.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` when it has no memory, several memories, or a global or table
   * that JavaScript cannot read; and what {@link MemoryView.adopt} throws.
   */
  static capture(
    instance: { readonly exports: WebAssembly.Exports },
    options?: InstanceSnapshotOptions,
  ): InstanceSnapshot {
    const exports = exportsOf(instance);
    const { memory: given, tables: wanted, ...rest } = readOptions(options);
    const tables = checkChoice(wanted ?? 'entries', 'tables', ['entries', 'length']);
    const memory = given ?? onlyMemory(exports);
    const savedGlobals = new SavedGlobals(exports);
    const savedTables = new SavedTables(exports, tables === 'entries');
    const view = MemoryView.adopt(memory, rest);
    try {
      return new InstanceSnapshot(MADE_HERE, memory, view, savedGlobals, savedTables);
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
   * Puts memory, globals and tables back.
   *
   * @throws {PagefoldError} `ERR_PAGEFOLD_DISPOSED` after {@link InstanceSnapshot.dispose}.
   */
  reset(): InstanceResetReport {
    const memory = this.view.reset();
    const globalsRestored = this.#globals.restore();
    const { entriesRestored, grown } = this.#tables.restore();
    return { memory, globalsRestored, tableEntriesRestored: entriesRestored, tablesGrown: grown };
  }

  /** Ends tracking and lets go of the snapshot. The instance goes on as it is. Idempotent. */
  dispose(): void {
    // First what only a real one has, so that an heir of it fails before anything has changed.
    const snapshot = this.#snapshot;
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
function readOptions(options: InstanceSnapshotOptions | undefined): Required<InstanceSnapshotOptions> {
  const { memory, tables, tracker, residentByteLength, idleByteLength, verify } = checkOptions(options);
  return { memory, tables, tracker, residentByteLength, idleByteLength, verify };
}

/** Name and value of every export. The namespace of an instance is frozen by the engine. */
function exportsOf(instance: unknown): [string, WebAssembly.ExportValue][] {
  const exports =
    typeof instance === 'object' && instance !== null ? (instance as WebAssembly.Instance).exports : undefined;
  if (typeof exports !== 'object' || exports === null) throw wrongType(instance, 'instance', 'a WebAssembly.Instance');
  try {
    return Object.entries(exports);
  } catch (cause) {
    throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', 'the exports of the instance cannot be read', { cause });
  }
}

function onlyMemory(exports: readonly [string, WebAssembly.ExportValue][]): WebAssembly.Memory {
  const memories = new Set(exports.map(([, value]) => value).filter((value) => value instanceof WebAssembly.Memory));
  const [memory] = memories;
  if (memory !== undefined && memories.size === 1) return memory;
  throw new PagefoldError(
    'ERR_PAGEFOLD_UNRESTORABLE',
    memory === undefined
      ? 'the instance exports no memory; pass the one that it imports as options.memory'
      : `the instance exports ${memories.size} memories; only instances with one memory can be put back`,
  );
}
