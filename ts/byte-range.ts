import { PagefoldError } from './errors.ts';

/** A range of bytes. */
export interface ByteRange {
  /** First byte. */
  readonly byteOffset: number;
  /** Length in bytes. */
  readonly byteLength: number;
}

/**
 * Refuses a part that ends after something `available` bytes long.
 *
 * @internal
 */
export function checkPart(byteOffset: number, byteLength: number, available: number, what: string): void {
  if (byteOffset + byteLength <= available) return;
  throw new PagefoldError(
    'ERR_PAGEFOLD_OUT_OF_RANGE',
    `${byteLength} bytes at offset ${byteOffset} of a ${what} of ${available} bytes`,
  );
}

/**
 * Ranges from the numbers of the addon: offset and length, alternating.
 *
 * @internal
 */
export function byteRanges(numbers: Float64Array): ByteRange[] {
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    byteOffset: numbers[2 * index] ?? 0,
    byteLength: numbers[2 * index + 1] ?? 0,
  }));
}
