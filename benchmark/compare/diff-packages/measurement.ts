import type { Layout } from './pair.ts';
import type { WayName } from './ways/list.ts';

/** What a process is to measure. */
export interface Order {
  readonly way: WayName;
  readonly layout: Layout;
  readonly mebibytes: number;
  /** How often; the least times count. */
  readonly runs: number;
}

/** What it found, or why there is nothing: the pair was too much for the package. */
export type Answer = Measurement | { readonly failure: string };

export interface Measurement {
  readonly encodeMilliseconds: number;
  readonly decodeMilliseconds: number;
  readonly deltaBytes: number;
  /** How much larger than before the process was at its largest, while it encoded and decoded. */
  readonly memoryBytes: number;
}
