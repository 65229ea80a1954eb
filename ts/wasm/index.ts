export { InstanceSnapshot, type InstanceResetReport, type InstanceSnapshotOptions } from './instance-snapshot.ts';
