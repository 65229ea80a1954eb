import { channel } from 'node:diagnostics_channel';
import { statSync } from 'node:fs';

import type { CopyMessage, LeaseMessage, ResetMessage, SnapshotMessage, SnapshotReport } from './channel-messages.ts';
import { native } from './errors.ts';
import { measure, measuring } from './measures.ts';
import type { MemoryView } from './memory-view.ts';
import { pageByteLength } from './page.ts';
import type { ResetReport } from './report.ts';
import type { Snapshot } from './snapshot.ts';
import type { InstanceResetMessage } from './wasm/instance-message.ts';

// Nothing is made for a message, and no clock is read, unless somebody listens. Messages are published last, when all
// objects are as they will be: a subscriber may call any method of any of them. What it throws does not come back here.
// Held for good: a channel that nobody holds may be collected together with its subscribers.
const SNAPSHOT = channel('pagefold:snapshot');
/** @internal */
export const RESET = channel('pagefold:reset');
const LEASE = channel('pagefold:lease');
const COPY = channel('pagefold:copy');

/** Bytes a page, at most. */
const PAGE_MAX = 65_536;

/** From how many bytes on a copy is told; and as many pages, if they were as large as pages can be. @internal */
export const threshold = { byteLength: 2 ** 20, pages: 2 ** 20 / PAGE_MAX };

/** @internal */
export function setCopyThreshold(byteLength: number): void {
  threshold.byteLength = byteLength;
  threshold.pages = Math.floor(byteLength / PAGE_MAX);
}

/** The reset under way is a part of one that will be told as a whole. */
let partial = false;

/**
 * Makes a snapshot, and tells of it.
 *
 * @internal
 */
export function toldSnapshot(
  operation: 'capture' | 'open' | 'fork',
  make: () => Snapshot,
  view?: MemoryView,
): Snapshot {
  if (!snapshotsWatched()) return native(make);
  const started = performance.now();
  const snapshot = native(make);
  publishSnapshot(operation, snapshot, view, started);
  return snapshot;
}

/**
 * Like {@link toldSnapshot}, for one that is made away from the JavaScript thread.
 *
 * @internal
 */
export async function toldSnapshotLater(operation: 'open', make: () => Promise<Snapshot>): Promise<Snapshot> {
  if (!snapshotsWatched()) return make();
  const started = performance.now();
  const snapshot = await make();
  publishSnapshot(operation, snapshot, undefined, started);
  return snapshot;
}

/**
 * Makes another version of a snapshot, and tells of it.
 *
 * @internal
 */
export function toldSync<T>(snapshot: Snapshot, sync: () => T): T {
  if (!snapshotsWatched()) return native(sync);
  const started = performance.now();
  const synced = native(sync);
  publishSnapshot('sync', snapshot, undefined, started);
  return synced;
}

function snapshotsWatched(): boolean {
  return SNAPSHOT.hasSubscribers || COPY.hasSubscribers || measuring();
}

function publishSnapshot(
  operation: SnapshotMessage['operation'],
  snapshot: Snapshot,
  view: MemoryView | undefined,
  started: number,
): void {
  const microseconds = (performance.now() - started) * 1000;
  const { version, byteLength, storedByteLength } = snapshot;
  const report: SnapshotReport = { version, byteLength, storedByteLength, microseconds };
  if (measuring()) measure('pagefold:snapshot', microseconds, { operation, ...report });
  if (SNAPSHOT.hasSubscribers) {
    SNAPSHOT.publish({ operation, snapshot, view, report } satisfies SnapshotMessage);
  }
  if (operation === 'capture' || operation === 'open') publishCopy(operation, storedByteLength, snapshot);
}

/**
 * Whether anybody is told of resets.
 *
 * @internal
 */
export function resetsWatched(): boolean {
  return RESET.hasSubscribers || COPY.hasSubscribers || measuring();
}

/**
 * Tells of a reset, if anybody listens.
 *
 * @internal
 */
export function publishReset(operation: ResetMessage['operation'], view: MemoryView, report: ResetReport): void {
  if (!partial) tellReset({ operation, view, report }, report.microseconds);
}

/**
 * Resets the memory of an instance without a message: {@link publishInstanceReset} follows, when the rest was put back too.
 *
 * @internal
 */
export function resetPart(view: MemoryView): ResetReport {
  partial = true;
  try {
    return view.reset();
  } finally {
    partial = false;
  }
}

/** @internal */
export function publishInstanceReset(message: InstanceResetMessage, started: number): void {
  tellReset(message, (performance.now() - started) * 1000);
}

function tellReset(message: ResetMessage, microseconds: number): void {
  const { operation, view, report } = message;
  if (measuring()) measure('pagefold:reset', microseconds, { operation, ...report });
  if (RESET.hasSubscribers) RESET.publish(message);
  // What is mapped is not copied.
  if (report.strategy !== 'remap') publishCopy(report.strategy, report.pagesRestored * pageByteLength(), view);
}

/**
 * Whether anybody is told of leases. To be asked before a clock is read for {@link publishLease}.
 *
 * @internal
 */
export function leasesWatched(): boolean {
  return LEASE.hasSubscribers || measuring();
}

/**
 * Tells of a lease, if anybody listens. To be called last, when pool and lease are as they will be.
 *
 * @internal
 * @param microseconds how long it was waited for (`acquire`), held (`release`, `discard`), or took (`rebuild`); 0 if unknown
 * @param reason why, in a word: for `discard` and `rebuild`
 */
export function publishLease(
  operation: LeaseMessage['operation'],
  pool: object,
  lease: object | undefined,
  microseconds: number,
  reason?: string,
): void {
  if (measuring()) measure('pagefold:lease', microseconds, { operation, microseconds, reason });
  if (!LEASE.hasSubscribers) return;
  LEASE.publish({ operation, pool, lease, microseconds, reason } satisfies LeaseMessage);
}

/**
 * Tells of bytes that were copied, if they are many and anybody listens.
 *
 * @internal
 */
export function publishCopy(reason: CopyMessage['reason'], byteLength: number, subject: CopyMessage['subject']): void {
  if (!COPY.hasSubscribers || byteLength < threshold.byteLength) return;
  COPY.publish({ reason, byteLength, subject } satisfies CopyMessage);
}

/**
 * Tells of a file that was written. Nothing is told of one that is gone by then.
 *
 * @internal
 */
export function publishWrittenFile(reason: 'save' | 'compact', path: string, snapshot?: Snapshot): void {
  if (!COPY.hasSubscribers) return;
  let byteLength: number;
  try {
    byteLength = statSync(path).size;
  } catch {
    return;
  }
  publishCopy(reason, byteLength, snapshot);
}
