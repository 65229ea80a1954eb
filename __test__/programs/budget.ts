// Allocates under a budget, and tells what became of it. The scenario is the argument.
import { PagefoldError, Region, setBudget, stats } from 'pagefold';

import { collectNow } from '../helpers/garbage.ts';

const MIB = 2 ** 20;

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof PagefoldError ? error.code : String(error);
  }
}

/** Drops regions that had a buffer until one is refused; how many that took. */
function dropUntilRefused(): number {
  for (let dropped = 0; dropped < 2000; dropped++) {
    const code = codeOf(() => (Region.allocate(MIB).bytes[0] = 1));
    if (code === 'ERR_PAGEFOLD_BUDGET') return dropped;
    if (code !== 'none') throw new Error(code);
    if (dropped % 20 === 19) collectNow();
  }
  return -1;
}

const SCENARIOS: Record<string, () => unknown> = {
  first: () => ({ code: codeOf(() => Region.allocate(1).dispose()) }),
  refuse: async () => {
    const dropped = dropUntilRefused();
    const refused = codeOf(() => Region.allocate(1));
    const unreclaimed = stats().unreclaimedByteLength;
    const region = await Region.allocateAsync(MIB);
    region.bytes[0] = 1;
    return { dropped, refused, unreclaimed, allocated: region.byteLength, left: stats().unreclaimedByteLength };
  },
  set: () => {
    setBudget({ unreclaimedByteLength: 8 * MIB });
    const dropped = dropUntilRefused();
    setBudget({ unreclaimedByteLength: 2 ** 40 });
    return { dropped, raised: codeOf(() => Region.allocate(1).dispose()) };
  },
  /** What can be reached never counts, however much it is. */
  live: () => {
    setBudget({ unreclaimedByteLength: 0 });
    const regions = Array.from({ length: 300 }, () => Region.allocate(MIB));
    const bytes = Array.from({ length: 300 }, () => Region.allocate(MIB).bytes);
    for (const region of regions) region.bytes[0] = 1;
    collectNow();
    for (let count = 0; count < 40; count++) Region.allocate(MIB).dispose();
    const sum = regions.length + bytes.length;
    return { sum, unreclaimed: stats().unreclaimedByteLength, live: stats().regions.live };
  },
  abort: async () => {
    setBudget({ unreclaimedByteLength: 8 * MIB });
    dropUntilRefused();
    const aborted = await Region.allocateAsync(MIB, { signal: AbortSignal.abort('enough') }).catch(
      (error: unknown) => error,
    );
    return { code: (aborted as PagefoldError).code, cause: (aborted as PagefoldError).cause };
  },
};

const outcome: unknown = await SCENARIOS[process.argv[2] ?? '']?.();
console.log(JSON.stringify(outcome));
