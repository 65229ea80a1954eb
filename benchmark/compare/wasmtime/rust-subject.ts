import type { Subject } from '../../harness/case.ts';
import type { Guest } from './guest.ts';
import { Server } from './server.ts';

/** What each subject of the Rust program is called here. */
export const POOL_SCAN = 'wasmtime, pagemap scan';
export const POOL_DEFAULT = 'wasmtime, default';
export const PAGEFOLD_IN_RUST = 'pagefold in wasmtime';

const SUBJECTS = { [POOL_SCAN]: 'pool-pagemap-scan', [POOL_DEFAULT]: 'pool-default', [PAGEFOLD_IN_RUST]: 'pagefold' };

/** Until the pages that are written in every cycle are known. */
const WARM_UP_BURSTS = 3;

/** A process of its own, for all rounds. */
export function rustSubject(name: keyof typeof SUBJECTS, binary: string, guest: Guest, cycles: number): Subject {
  const { path, slotBytes, contents, work, places } = guest;
  const server = new Server(binary, [SUBJECTS[name], path, String(slotBytes), String(contents.length)]);
  const order = { ...work, places, cycles, compare: false };
  return {
    name,
    async check() {
      await server.run({ ...order, cycles: places.length + 1, compare: true });
    },
    async warmUp() {
      for (let times = 0; times < WARM_UP_BURSTS; times += 1) await server.run(order);
    },
    measure: () => server.run(order),
    dispose: () => server.end(),
  };
}
