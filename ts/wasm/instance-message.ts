import type { ResetMessage } from '../channel-messages.ts';
import type { InstanceResetReport, InstanceSnapshot } from './instance-snapshot.ts';

/** What is published on the channel `pagefold:reset` when all of an instance was reset. It has the property `instance`. */
export interface InstanceResetMessage extends ResetMessage {
  /** The instance. */
  readonly instance: InstanceSnapshot;
  /** What the caller gets. */
  readonly instanceReport: InstanceResetReport;
}
