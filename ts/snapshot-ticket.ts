import { checkBytes, checkOptions, checkText, wrongType } from './check.ts';

/**
 * What {@link Snapshot.attach} finds a snapshot by, in any thread of the process that gave it out. Plain data, for
 * `postMessage` and JSON. It keeps no snapshot alive.
 */
export interface SnapshotTicket {
  /** The process: digits that no other one has. */
  readonly process: string;
  /** The number of the snapshot there. */
  readonly number: number;
}

/**
 * Reads every property once, and checks it.
 *
 * @internal
 */
export function checkTicket(value: unknown): SnapshotTicket {
  if (value === undefined) throw wrongType(value, 'ticket', 'an object');
  const { process, number } = checkOptions(value as Partial<SnapshotTicket>, 'ticket');
  return { process: checkText(process, 'ticket.process'), number: checkBytes(number, 'ticket.number') };
}
