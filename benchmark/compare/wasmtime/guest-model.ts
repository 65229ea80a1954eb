import { PAGE_BYTES } from './guest-module.ts';

/** The arguments of a call, but for the page that it begins at. */
export interface Work {
  readonly residentPages: number;
  readonly dirtyPages: number;
  readonly stride: number;
}

/** What the guest returns when it begins with these contents: its `run`, in JavaScript. */
export function checksumOf(
  contents: Uint8Array,
  { residentPages, dirtyPages, stride }: Work,
  firstPage: number,
): number {
  const words = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  let sum = 0;
  const read = (page: number): void => {
    const word = words.getInt32(page * PAGE_BYTES + (page & 1023) * Int32Array.BYTES_PER_ELEMENT, true);
    sum = (Math.imul(sum, 31) + word) | 0;
  };
  for (let page = 0; page < residentPages; page += 1) read(page);
  for (let count = 0; count < dirtyPages; count += 1) read(firstPage + count * stride);
  return sum;
}
