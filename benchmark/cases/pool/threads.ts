import { times } from '../../harness/print/amount.ts';
import { leastOf } from '../../harness/result.ts';
import { RUN } from '../diff/rust-diffs.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';
import { runRustCase } from './rust-case.ts';

const WANTED = 1.7;
const ONE_THREAD = 'one thread';
const TWO_THREADS = 'two threads';

/** Two threads at one pool against one. Needs two processors with nothing else to do. */
export const threads: PoolCase = async (bench, rust) => {
  const { result } = await runRustCase(bench, rust, {
    name: 'threads',
    title: '20,000 times acquire, write 16 pages of 16 MiB, release clean: by one thread and by two, from Rust',
    byteLength: 16 * MEBIBYTE,
    reference: ONE_THREAD,
  });
  if (bench.quick) return;
  // Whatever else uses the second processor only ever takes from it: the least disturbed rounds can be compared.
  const gain = leastOf(result, ONE_THREAD, RUN) / leastOf(result, TWO_THREADS, RUN);
  bench.figure({
    figure: 'throughput of two threads at one pool ÷ one thread, from Rust; least disturbed rounds of each',
    wanted: `≥ ${times(WANTED)}`,
    measured: times(gain),
    reached: gain >= WANTED,
  });
};
