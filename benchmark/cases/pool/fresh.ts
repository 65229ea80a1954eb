import { times } from '../../harness/print/amount.ts';
import { ratioOf } from '../../harness/result.ts';
import { RUN } from '../diff/rust-diffs.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';
import { runRustCase } from './rust-case.ts';

const WANTED = 500;
const POOL = 'try_acquire, release';
const NEW_MEMORY = 'map memory, copy the image in, unmap';

/** A clean slot against memory that is mapped anew. */
export const fresh: PoolCase = async (bench, rust) => {
  const { result } = await runRustCase(bench, rust, {
    name: 'fresh',
    title: 'a clean slot of 64 MiB against memory mapped anew, from Rust',
    byteLength: 64 * MEBIBYTE,
    reference: POOL,
  });
  if (bench.quick) return;
  const ratio = ratioOf(result, NEW_MEMORY, POOL, RUN);
  bench.figure({
    figure: 'new memory of 64 MiB with the image copied in ÷ a clean slot, from Rust',
    wanted: `≥ ${times(WANTED)}`,
    measured: times(ratio),
    reached: ratio >= WANTED,
  });
};
