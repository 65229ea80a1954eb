export type { InstanceResetMessage } from './instance-message.ts';
export { InstanceLease } from './instance-lease.ts';
export { InstancePool } from './instance-pool.ts';
export type { InstancePoolOptions, RunOptions } from './instance-pool-options.ts';
export type { DiscardReason, InstancePoolStats } from './instance-pool-stats.ts';
export { InstanceSnapshot, type InstanceResetReport, type InstanceSnapshotOptions } from './instance-snapshot.ts';
