import type { MemoryView } from './memory-view.ts';
import type { ResetReport } from './report.ts';
import type { Snapshot } from './snapshot.ts';
import type { InstanceResetReport, InstanceSnapshot } from './wasm/instance-snapshot.ts';

/**
 * What is published on the channel `pagefold:snapshot` of `node:diagnostics_channel`: a snapshot was made, or has a new
 * version.
 */
export interface SnapshotMessage {
  /**
   * `capture`: contents were copied, of the view if there is one. `open`: it was read from a file. `fork`: it goes on from
   * another one. `sync`: changes were merged into a new version.
   */
  readonly operation: 'capture' | 'open' | 'fork' | 'sync';
  /** The snapshot. */
  readonly snapshot: Snapshot;
  /** The view whose baseline it has become, if it was captured by one. */
  readonly view: MemoryView | undefined;
  /** What it cost, and what there is now. */
  readonly report: SnapshotReport;
}

/** What making a snapshot or a version of it did. */
export interface SnapshotReport {
  /** The version of the snapshot then. */
  readonly version: number;
  /** Length of that version in bytes. */
  readonly byteLength: number;
  /** Bytes of its pages that are not all zero. */
  readonly storedByteLength: number;
  /** Time spent. */
  readonly microseconds: number;
}

/** What is published on the channel `pagefold:reset`: a view shows its baseline again, or has taken another one. */
export interface ResetMessage {
  /** `reset`: back to the baseline. `restore`: another snapshot has become the baseline. */
  readonly operation: 'reset' | 'restore';
  /** The view. */
  readonly view: MemoryView;
  /** What the caller gets, about the memory. */
  readonly report: ResetReport;
  /** The instance whose reset it was, with all that belongs to it, if it was that of an instance. */
  readonly instance: InstanceSnapshot | undefined;
  /** What the caller gets then. */
  readonly instanceReport: InstanceResetReport | undefined;
}

/** What is published on the channel `pagefold:lease`: something of a pool has changed hands. */
export interface LeaseMessage<Pool extends object = object, Lease extends object = object> {
  /**
   * `acquire`: somebody has it now. `release`: it was given back. `discard`: it was given back or taken away, and will not be
   * handed out again. `rebuild`: the pool has made another one in place of such a one.
   */
  readonly operation: 'acquire' | 'release' | 'discard' | 'rebuild';
  /** The pool. */
  readonly pool: Pool;
  /** The lease; none for `rebuild`, which happens between two of them. */
  readonly lease: Lease | undefined;
  /**
   * `acquire`: how long it was waited for. `release` and `discard`: how long it was held. `rebuild`: how long that took. 0
   * where no time was taken, because nobody listened yet when it began.
   */
  readonly microseconds: number;
  /** Why, in a word, for `discard` and `rebuild`: `trap`, `timeout`, `grown` … */
  readonly reason: string | undefined;
}
