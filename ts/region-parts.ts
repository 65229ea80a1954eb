import type { NativeRegion } from '../native/index.cjs';
import { wrongType } from './check.ts';

/** What a view may know of a region that it maps. @internal */
export interface RegionParts {
  readonly native: NativeRegion;
  readonly byteLength: number;
  /** Whether what is written to its pages is seen elsewhere. */
  readonly shared: boolean;
}

/** Set by the class, which alone can see it; a view cannot import that, because regions have views. */
let partsOf: ((region: unknown) => (() => RegionParts) | undefined) | undefined;

/**
 * Tells how to get at the parts of a region: nothing for what is none; the parts of one that is disposed cannot be had.
 *
 * @internal
 */
export function setPartsOf(access: NonNullable<typeof partsOf>): void {
  partsOf = access;
}

/**
 * The parts of a region, once they are needed. Throws by then when it was disposed or its bytes were transferred.
 *
 * @internal
 */
export function regionParts(value: unknown): () => RegionParts {
  const parts = partsOf?.(value);
  if (parts === undefined) throw wrongType(value, 'region', 'a Region');
  return parts;
}
