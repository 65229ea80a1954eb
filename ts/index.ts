export { doctor, type DoctorFinding, type DoctorReport } from './doctor.ts';
export { PagefoldError, type ErrorCode, type PagefoldErrorOptions } from './errors.ts';
export { MemoryView, type ViewOptions } from './memory-view.ts';
export { Region, type RegionOptions } from './region.ts';
export type { DirtyRange, DirtyReport, ResetReport, ResidencyReport } from './report.ts';
export { Snapshot, type AbortOptions } from './snapshot.ts';
export type { RejectedTracker, TrackerChoice, TrackerKind } from './tracker.ts';
