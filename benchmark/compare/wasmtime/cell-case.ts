import { TOTAL } from '../../harness/burst.ts';
import type { Case } from '../../harness/case.ts';
import type { Cell } from './grid.ts';
import type { Guest } from './guest.ts';
import { nodeSubject, PAGEFOLD_IN_NODE } from './node-subject.ts';
import { PAGEFOLD_IN_RUST, POOL_DEFAULT, POOL_SCAN, rustSubject } from './rust-subject.ts';

/** The case of one cell: both sides with the same guest. */
export function cellCase({ layout, ...cell }: Cell, guest: Guest, binary: string, quick: boolean): Case {
  const { slotBytes, residentPages, dirtyPages } = cell;
  const cycles = quick ? guest.places.length : cell.cycles;
  const theirs = [POOL_SCAN, POOL_DEFAULT] as const;
  return {
    suite: 'wasmtime',
    name: layout,
    title: `${slotBytes / 2 ** 20} MiB, ${residentPages} pages resident, ${dirtyPages} dirty, ${layout}`,
    params: { layout, slotBytes, residentPages, dirtyPages },
    unit: 'µs',
    rounds: 15,
    subjects: [
      ...theirs.map((name) => rustSubject(name, binary, guest, cycles)),
      rustSubject(PAGEFOLD_IN_RUST, binary, guest, cycles),
      nodeSubject(guest, cycles),
    ],
    ratios: theirs.flatMap((of) => [PAGEFOLD_IN_RUST, PAGEFOLD_IN_NODE].map((to) => ({ of, to }))),
    ratioParts: [TOTAL],
  };
}
