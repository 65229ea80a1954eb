import type { MemoryView } from './memory-view.ts';
import type { ResetReport } from './report.ts';
import type { SnapshotDiff } from './snapshot-diff.ts';
import type { Snapshot } from './snapshot.ts';

/** What is published on the channel `pagefold:snapshot`: a snapshot was made, or has a new version. */
export interface SnapshotMessage {
  /**
   * `capture`: contents were copied, from the view if there is one. `open`: it was read from a file. `fork`: it goes on from
   * another one. `sync`: changes were merged into its next version.
   */
  readonly operation: 'capture' | 'open' | 'fork' | 'sync';
  /** The snapshot. */
  readonly snapshot: Snapshot;
  /** The view whose baseline it has become, if it was captured by one. */
  readonly view: MemoryView | undefined;
  /** What there is now, and what it took. */
  readonly report: SnapshotReport;
}

/** What making a snapshot, or a version of it, has led to. */
export interface SnapshotReport {
  /** The version of the snapshot. */
  readonly version: number;
  /** Length of that version in bytes. */
  readonly byteLength: number;
  /** Bytes of its pages that are not all zero. */
  readonly storedByteLength: number;
  /** Time spent, with the call from JavaScript. */
  readonly microseconds: number;
}

/**
 * What is published on the channel `pagefold:reset`: a view shows its baseline again, or has taken another one. When it was
 * the reset of an instance, this is an `InstanceResetMessage` of `pagefold/wasm`.
 */
export interface ResetMessage {
  /** `reset`: back to the baseline. `restore`: another snapshot has become the baseline. */
  readonly operation: 'reset' | 'restore';
  /** The view. */
  readonly view: MemoryView;
  /** What the caller gets, or the part of it that is about the memory. */
  readonly report: ResetReport;
}

/** What is published on the channel `pagefold:lease`: something of a pool has changed hands. */
export interface LeaseMessage<Pool extends object = object, Lease extends object = object> {
  /**
   * `acquire`: somebody has it now. `release`: it was given back. `discard`: it will not be handed out again, because it was given
   * back so, was taken away, or could not be put back after its release. `rebuild`: the pool has made another one, in place of
   * such a one or because there are to be more.
   */
  readonly operation: 'acquire' | 'release' | 'discard' | 'rebuild';
  /** The pool. */
  readonly pool: Pool;
  /** The lease; `undefined` where there is none (any more): for `rebuild`, and for `discard` after the release. */
  readonly lease: Lease | undefined;
  /**
   * `acquire`: how long it was waited for. `release` and `discard`: how long it was held. `rebuild`: how long that took. 0
   * where no time was taken, because nobody listened yet when it began.
   */
  readonly microseconds: number;
  /** Why, in a word, for `discard` and `rebuild`: `trap`, `timeout`, `grown` … */
  readonly reason: string | undefined;
}

/**
 * What is published on the channel `pagefold:copy`: bytes were copied, at least as many as
 * {@link DiagnosticsOptions.copyByteLength}.
 */
export interface CopyMessage {
  /**
   * Why. `capture`, `open`, `save`, `compact`, `read`, `write`, `changes`, `encode`: the method of that name. `diff`: a diff owns
   * its bytes. `entries`: iterating over a diff. `shared-bytes`: an argument lies in memory that other threads may write to,
   * so that a copy of it was taken first. `copy-back`, `copy-all`, `release`, `forward`: a reset has put so much back, in the way
   * that {@link ResetReport.strategy} names; with `forward`, some of the pages may have been mapped instead.
   */
  readonly reason:
    | 'capture'
    | 'changes'
    | 'compact'
    | 'copy-all'
    | 'copy-back'
    | 'diff'
    | 'encode'
    | 'entries'
    | 'forward'
    | 'open'
    | 'read'
    | 'release'
    | 'save'
    | 'shared-bytes'
    | 'write';
  /** How many bytes. */
  readonly byteLength: number;
  /** What they were copied from or to; `undefined` for files and arguments. */
  readonly subject: MemoryView | Snapshot | SnapshotDiff | undefined;
}
