import type { RustBench } from '../../harness/rust-bench.ts';
import type { Bench } from '../../harness/suite.ts';

/** One case of the suite; `rust` is the Rust benchmark of pools (crates/core/benches/pool). */
export type PoolCase = (bench: Bench, rust: RustBench) => Promise<void>;

export const MEBIBYTE = 2 ** 20;
