import { medianOf } from '../../harness/result.ts';
import { RUN } from '../diff/rust-diffs.ts';
import { MEBIBYTE, type PoolCase } from './pool-case.ts';
import { runRustCase } from './rust-case.ts';

const WANTED_NANOSECONDS = 150;
const SAME_AFFINITY = '1,000 leases';

/** Handing out a clean slot and taking it back. */
export const lend: PoolCase = async (bench, rust) => {
  const { result, facts } = await runRustCase(bench, rust, {
    name: 'lend',
    title: 'a clean slot of 64 MiB, handed out and taken back 1,000 times from Rust',
    byteLength: 64 * MEBIBYTE,
    reference: SAME_AFFINITY,
  });
  if (bench.quick) return;
  const nanoseconds = (medianOf(result, SAME_AFFINITY, RUN) * 1000) / (facts['leases'] ?? Number.NaN);
  bench.figure({
    figure: 'try_acquire and release of a clean slot, from Rust',
    wanted: `≤ ${WANTED_NANOSECONDS} ns`,
    measured: `${nanoseconds.toFixed(0)} ns`,
    reached: nanoseconds <= WANTED_NANOSECONDS,
  });
};
