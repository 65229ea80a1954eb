import { MEBIBYTE, type PoolCase } from './pool-case.ts';
import { runRustCase } from './rust-case.ts';

/** A whole use of a slot against a memory that nobody else wants. */
export const cycle: PoolCase = async (bench, rust) => {
  await runRustCase(bench, rust, {
    name: 'cycle',
    title: '16 pages of 64 MiB written and put back, in a slot and in a memory of its own, from Rust',
    byteLength: 64 * MEBIBYTE,
    reference: 'write, View::reset',
  });
};
