import { binding } from './binding.ts';
import { native } from './errors.ts';

/** How many objects of a kind there are, and what became of the others. */
export interface LifeCounts {
  /** Gauge: alive now. */
  readonly live: number;
  /** Counter: disposed, as they should be. */
  readonly disposed: number;
  /** Counter: dropped, and given back by a later allocation that noticed a garbage collection. */
  readonly vacuumed: number;
  /** Counter: dropped, and given back by the engine in a later turn, or at the end of a thread. */
  readonly finalized: number;
}

/** Numbers of the whole process, all threads together. Lengths are in bytes. */
export interface Stats {
  /** Regions. */
  readonly regions: LifeCounts;
  /** Snapshots: one for each object, also where several are of one snapshot. */
  readonly snapshots: LifeCounts;
  /** Diffs. */
  readonly diffs: LifeCounts;
  /** Views. */
  readonly views: LifeCounts;
  /** Pools of slots. */
  readonly pools: LifeCounts;
  /** Gauge: address space that regions and pools have mapped, in whole pages. */
  readonly mappedByteLength: number;
  /** Gauge: what of that is in memory. `NaN` where the kernel does not tell, as in a process that is not dumpable. */
  readonly residentByteLength: number;
  /** Gauge: what of that is shared with nobody. `NaN` where the kernel does not tell. */
  readonly privateByteLength: number;
  /** Gauge: what snapshots store, pages that several of them share counted once. */
  readonly storedByteLength: number;
  /** Gauge: regions that are dead and that the engine has not given back yet. What {@link setBudget} limits. */
  readonly unreclaimedByteLength: number;
  /** Gauge: snapshots that a ticket leads to. */
  readonly sharedSnapshots: number;
  /**
   * Gauge: what the engines were told of, so that they collect. Without regions whose bytes were asked for, which engines count
   * themselves, and up to 16 MiB a thread behind.
   */
  readonly chargedByteLength: number;
  /** Counter: garbage collections that an allocation has noticed. There may have been more. */
  readonly collections: number;
}

/**
 * What pagefold has in this process, and what became of what it had. `residentByteLength` and `privateByteLength` are asked
 * from the kernel by this call: about 40 ns a resident page, 10 ms a GiB.
 */
export function stats(): Stats {
  const { stats: read } = binding();
  const numbers = native(read);
  return {
    regions: lives(numbers.regions),
    snapshots: lives(numbers.snapshots),
    diffs: lives(numbers.diffs),
    views: lives(numbers.views),
    pools: lives(numbers.pools),
    mappedByteLength: numbers.mapped,
    residentByteLength: numbers.resident ?? Number.NaN,
    privateByteLength: numbers.private ?? Number.NaN,
    storedByteLength: numbers.stored,
    unreclaimedByteLength: numbers.unreclaimed,
    sharedSnapshots: numbers.shared,
    chargedByteLength: numbers.charged,
    collections: numbers.collections,
  };
}

function lives([live = 0, disposed = 0, vacuumed = 0, finalized = 0]: readonly number[]): LifeCounts {
  return { live, disposed, vacuumed, finalized };
}
