import { PagefoldError } from './errors.ts';
import { pageByteLength } from './page.ts';

/**
 * Refuses a range that is no run of whole pages of something `available` bytes long. Only the end of that may lie inside a
 * page.
 *
 * @internal
 */
export function checkPages(byteOffset: number, byteLength: number, available: number, what: string): void {
  if (byteOffset >= available || byteLength > available - byteOffset) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_OUT_OF_RANGE',
      `${byteLength} bytes at offset ${byteOffset} of a ${what} of ${available} bytes`,
    );
  }
  const page = pageByteLength();
  if (byteOffset % page !== 0 || (byteLength % page !== 0 && byteOffset + byteLength !== available)) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_UNALIGNED',
      `${byteLength} bytes at offset ${byteOffset} of a ${what} of ${available} bytes are no whole pages of ${page} bytes`,
    );
  }
}
