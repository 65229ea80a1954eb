import type { Way } from '../way.ts';

const PAGE_BYTES = 4096;
const NUMBER_BYTES = 4;

/** What a program does without a package: compare page by page, send the number and the bytes of each that differs. */
export const bufferLoop: Way = {
  async open() {
    return { encode, decode };
  },
};

function encode(before: Uint8Array, after: Uint8Array): Uint8Array {
  const [old, updated] = [asBuffer(before), asBuffer(after)];
  const parts: Buffer[] = [];
  for (let start = 0; start < after.length; start += PAGE_BYTES) {
    const end = start + PAGE_BYTES;
    if (old.compare(updated, start, end, start, end) === 0) continue;
    const number = Buffer.alloc(NUMBER_BYTES);
    number.writeUInt32LE(start / PAGE_BYTES);
    parts.push(number, updated.subarray(start, end));
  }
  return Buffer.concat(parts);
}

function decode(before: Uint8Array, delta: Uint8Array): Uint8Array {
  const result = Buffer.from(before);
  const sent = asBuffer(delta);
  for (let at = 0; at < sent.length; at += NUMBER_BYTES + PAGE_BYTES) {
    const start = sent.readUInt32LE(at) * PAGE_BYTES;
    sent.copy(result, start, at + NUMBER_BYTES, at + NUMBER_BYTES + PAGE_BYTES);
  }
  return result;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
