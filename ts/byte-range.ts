/** A range of bytes. */
export interface ByteRange {
  /** First byte. */
  readonly byteOffset: number;
  /** Length in bytes. */
  readonly byteLength: number;
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
