import { channel } from 'node:diagnostics_channel';

import type { LeaseMessage } from './channel-messages.ts';

// Held for good: a channel that nobody holds may be collected together with its subscribers.
const LEASE = channel('pagefold:lease');

/**
 * Whether anybody is told of leases. To be asked before a clock is read for {@link publishLease}.
 *
 * @internal
 */
export function leasesWatched(): boolean {
  return LEASE.hasSubscribers;
}

/**
 * Tells of a lease, if anybody listens. To be called last, when pool and lease are as they will be: a subscriber may call
 * any method of both. What it throws does not come back here.
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
  if (!LEASE.hasSubscribers) return;
  LEASE.publish({ operation, pool, lease, microseconds, reason } satisfies LeaseMessage);
}
