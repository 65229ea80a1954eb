export type { InstanceResetMessage } from './instance-message.ts';
export { InstanceSnapshot, type InstanceResetReport, type InstanceSnapshotOptions } from './instance-snapshot.ts';
