import { TOTAL } from '../../../harness/burst.ts';
import type { Subject } from '../../../harness/case.ts';
import { cyclesOf } from './cycles.ts';
import type { RustServer } from './rust-server.ts';

interface Order {
  /** Name in tables. */
  readonly name: string;
  /** Name of the subject in the server. */
  readonly subject: string;
  readonly server: RustServer;
  /** Whether it watches pages again now and then. */
  readonly arms: boolean;
}

/** Fewer than any policy of watching again needs to settle. */
const CYCLES_AT_FIRST = 4;

/** A subject that lives in the Rust server. */
export function rustSubject({ name, subject, server, arms }: Order): Subject {
  let cycles = CYCLES_AT_FIRST;
  return {
    name,
    check: () => server.check(subject),
    async warmUp() {
      await server.burst(subject, cycles);
      const { guest, reset } = await server.burst(subject, cycles);
      cycles = cyclesOf(guest + reset, { arms });
      await server.burst(subject, cycles);
    },
    async measure() {
      const { guest, reset } = await server.burst(subject, cycles);
      return { guest, reset, [TOTAL]: guest + reset };
    },
  };
}
