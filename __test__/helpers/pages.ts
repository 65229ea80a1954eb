import { doctor, type DirtyReport } from 'pagefold';

/** Bytes a page of this system. */
export const PAGE = doctor().pageByteLength ?? 4096;

/** Indices of the pages in a report. Checks on the way that its parts agree: ascending, joined, counted. */
export function pagesOf(report: DirtyReport): number[] {
  const pages: number[] = [];
  let byteLength = 0;
  for (const range of report.ranges) {
    const first = range.byteOffset / PAGE;
    const count = Math.ceil(range.byteLength / PAGE);
    const last = pages.at(-1);
    if (!Number.isInteger(first) || count === 0) throw new Error(`a range of no whole pages: ${JSON.stringify(range)}`);
    if (last !== undefined && first <= last + 1) throw new Error(`page ${first} comes after page ${last}, not joined`);
    for (let page = first; page < first + count; page++) pages.push(page);
    byteLength += range.byteLength;
  }
  if (pages.length !== report.pageCount)
    throw new Error(`${pages.length} pages in the ranges, not ${report.pageCount}`);
  if (byteLength !== report.byteLength) throw new Error(`${byteLength} bytes in the ranges, not ${report.byteLength}`);
  return pages;
}

/** Indices of the pages in which two memories differ. */
export function differingPages(one: Uint8Array, other: Uint8Array): number[] {
  const pages: number[] = [];
  for (let start = 0; start < one.length; start += PAGE) {
    if (!equalBytes(one.subarray(start, start + PAGE), other.subarray(start, start + PAGE))) pages.push(start / PAGE);
  }
  return pages;
}

/** Whether two arrays hold the same bytes. */
export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && asBuffer(one).equals(asBuffer(other));
}

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && equalBytes(bytes.subarray(1), bytes.subarray(0, -1)));
}

/** Writes a different byte into every page: a memory of which no two pages are alike. */
export function paint(bytes: Uint8Array, salt = 0): void {
  for (let index = 0; index < bytes.length; index += 512) bytes[index] = 1 + ((index / 512 + salt * 7) % 255);
}

/** Changes one byte. */
export function flip(bytes: Uint8Array, index: number): void {
  bytes[index] = (bytes[index] ?? 0) ^ 0xff;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
