import type { Readings } from './case.ts';

const MEBIBYTE = 2 ** 20;

/** Microseconds for so many bytes, as MiB a second. */
export function throughput(microseconds: Readings, byteLength: number): Readings {
  const rates = Object.entries(microseconds).map(([part, time]) => [part, byteLength / MEBIBYTE / (time / 1e6)]);
  return Object.fromEntries(rates) as Readings;
}
