import type { NativeChanges, NativeSynced } from '../native/index.cjs';
import { byteRanges, type ByteRange } from './byte-range.ts';

/** What {@link Snapshot.sync} did. */
export interface SyncReport {
  /** The version of the snapshot afterwards. */
  readonly version: number;
  /** How many diffs were merged. */
  readonly diffs: number;
  /** Where elements have changed, ascending, never touching. Fewer than 128 bytes in between that have not are joined. */
  readonly ranges: readonly ByteRange[];
  /**
   * Changed elements without effect: those that moved the other way under `max`, `min`, `and` and `or`, and those that
   * came later under `first-writer`.
   */
  readonly elementsWithoutEffect: number;
}

/** What was written between two versions, for a peer that has the earlier one. */
export interface SnapshotChanges {
  /** The version that the peer has. */
  readonly from: number;
  /** The version that it has when it has taken these over. */
  readonly to: number;
  /** Length in bytes of that version. A shorter copy continues with zeros, a longer one is cut off. */
  readonly byteLength: number;
  /** Whether this is the whole contents, because `from` is too long ago: everything outside of the ranges is zero then. */
  readonly full: boolean;
  /** What was written, ascending, never touching. The bytes are parts of one copy. */
  readonly ranges: readonly ChangedRange[];
}

/** A range with its bytes. */
export interface ChangedRange {
  /** First byte. */
  readonly byteOffset: number;
  /** Its bytes in the later version. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The state that a {@link Snapshot} was forked from. */
export interface SnapshotParent {
  /** Id of the snapshot. */
  readonly id: string;
  /** Its version then. */
  readonly version: number;
}

/**
 * The report of the addon, as users see it.
 *
 * @internal
 */
export function syncReport({ version, diffs, ranges, withoutEffect }: NativeSynced): SyncReport {
  return { version, diffs, ranges: byteRanges(ranges), elementsWithoutEffect: withoutEffect };
}

/**
 * The changes of the addon, as users see them.
 *
 * @internal
 */
export function snapshotChanges({ from, to, byteLength, isFull, ranges, bytes }: NativeChanges): SnapshotChanges {
  let next = 0;
  const parts = byteRanges(ranges).map(({ byteOffset, byteLength: length }): ChangedRange => {
    const start = next;
    next += length;
    // Copies of their own, in the engine's memory: each can be sent along with a message.
    return { byteOffset, bytes: (bytes as Uint8Array<ArrayBuffer>).slice(start, next) };
  });
  return { from, to, byteLength, full: isFull, ranges: parts };
}
