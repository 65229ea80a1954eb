import { Region, stats } from 'pagefold';

/** How long regions are in the benchmark. */
export const BYTE_LENGTH = 4 << 20;
/** How many allocations there are between two looks at how much there is. */
const LOOK_EVERY = 8;

/** A way to use many regions, one after the other. */
export interface Way {
  readonly name: string;
  /** Uses one region. */
  use(): void | Promise<void>;
}

/** Writes to the first page, so that the region has a buffer. */
function touched(region: Region): Region {
  region.bytes[0] = 1;
  return region;
}

export const DISPOSED = 'dispose()';
export const BARE = 'dropped, no buffer';
export const EXPOSED = 'dropped, asynchronous';

export const ways: readonly Way[] = [
  { name: DISPOSED, use: () => touched(Region.allocate(BYTE_LENGTH)).dispose() },
  { name: BARE, use: () => void Region.allocate(BYTE_LENGTH) },
  {
    name: EXPOSED,
    async use() {
      touched(await Region.allocateAsync(BYTE_LENGTH));
    },
  },
];

/** Uses `count` regions in one way; the most bytes of them that were mapped at a time. */
export async function peakOf({ use }: Way, count: number): Promise<number> {
  const before = stats().mappedByteLength;
  let most = 0;
  for (let index = 0; index < count; index += 1) {
    const used = use();
    if (used !== undefined) await used;
    if (index % LOOK_EVERY === 0) most = Math.max(most, stats().mappedByteLength - before);
  }
  return most;
}
