import { binding } from './binding.ts';

let known: number | undefined;

/**
 * Bytes a page, asked once.
 *
 * @internal
 */
export function pageByteLength(): number {
  known ??= binding().pageByteLength();
  return known;
}

/**
 * Whole pages in so many bytes.
 *
 * @internal
 */
export function pagesIn(byteLength: number): number {
  return Math.floor(byteLength / pageByteLength());
}
