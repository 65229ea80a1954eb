export type { AbortOptions } from './abortable.ts';
export { setBudget, type Budget } from './budget.ts';
export { doctor, type DoctorFinding, type DoctorReport } from './doctor.ts';
export {
  PagefoldError,
  type DiffAuthor,
  type ErrorCode,
  type MergeConflict,
  type PagefoldErrorOptions,
} from './errors.ts';
export type { CopyMessage, LeaseMessage, ResetMessage, SnapshotMessage, SnapshotReport } from './channel-messages.ts';
export { configureDiagnostics, type DiagnosticsOptions } from './diagnostics.ts';
export type { ByteRange } from './byte-range.ts';
export type { AuthoredDiffOptions } from './diff-author.ts';
export type { DiffEntry, ElementDelta } from './diff-entry.ts';
export type { ApplyReport, DiffOptions } from './diff-options.ts';
export type { DirtyOptions, DirtyRange, DirtyReport } from './dirty-report.ts';
export { leaks, type Leak } from './leaks.ts';
export { MemoryView } from './memory-view.ts';
export type { DeclaredMergeRegion, ElementType, MergeCoverage, MergeOperation, MergeRegion } from './merge-region.ts';
export { MergeRules, type MergeRulesJSON, type MergeRulesOptions } from './merge-rules.ts';
export { PageLease } from './page-lease.ts';
export { PagePool } from './page-pool.ts';
export type { AcquireOptions, AffinityOptions, PagePoolOptions } from './pool/options.ts';
export type { PagePoolStats, PoolTrimReport } from './pool/stats.ts';
export {
  Region,
  type RegionAccess,
  type RegionAsyncOptions,
  type RegionFileOptions,
  type RegionOptions,
} from './region.ts';
export type { ResetReport, ResidencyReport } from './report.ts';
export {
  SnapshotDiff,
  type DecodeOptions,
  type DiffBase,
  type DiffBetweenOptions,
  type EncodeOptions,
} from './snapshot-diff.ts';
export { Snapshot } from './snapshot.ts';
export type {
  CaptureOptions,
  QueueOptions,
  SaveAsyncOptions,
  SaveOptions,
  SnapshotOptions,
} from './snapshot-options.ts';
export { stats, type LifeCounts, type Stats } from './stats.ts';
export type { ChangedRange, SnapshotChanges, SnapshotParent, SyncReport } from './snapshot-reports.ts';
export type { SnapshotTicket } from './snapshot-ticket.ts';
export type { RejectedTracker, TrackerChoice, TrackerKind } from './tracker.ts';
export type { DiscardOptions, MapOptions, PrefaultReport, ResetOptions, TrimReport } from './view-contents.ts';
export type { ViewOptions } from './view-options.ts';
export type { WaitOptions } from './waiters.ts';
