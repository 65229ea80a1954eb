// A write of a region's bytes to a full pipe is under way while the region is disposed and another one is made. What
// comes out of the pipe must be the first region's bytes alone. The pipe's path is the argument.
import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readSync, write } from 'node:fs';

import { Region } from 'pagefold';

import { collectGarbage, turn } from '../helpers/garbage.ts';

const LENGTH = 8 << 20;
const path = process.argv[2] ?? '';

const writer = openSync(path, constants.O_RDWR);
const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

const region = Region.allocate(LENGTH);
region.bytes.fill(0xaa);
const outcome: { written?: number; failure?: string } = {};
write(writer, region.bytes, 0, LENGTH, null, (error, written) => {
  Object.assign(outcome, { written, failure: error?.code });
});

// The write has begun when something comes out.
const chunk = new Uint8Array(1 << 16);
const seen = new Map<number, number>();
let total = 0;
while (total === 0) await drain(1);

assert.equal(outcome.written, undefined, 'the write is unfinished');
region.dispose();
const strangers = Array.from({ length: 20 }, () => Region.allocate(LENGTH));
for (const stranger of strangers) stranger.bytes.fill(0xbb);
await collectGarbage();
while (outcome.written === undefined) await drain();
await drain();

closeSync(reader);
closeSync(writer);
assert.deepEqual([...seen.keys()], [0xaa]);
console.log(JSON.stringify({ ...outcome, total }));

/** Reads what the pipe holds, or only so many chunks of it. */
async function drain(chunks = Infinity): Promise<void> {
  try {
    for (let count = 0; count < chunks; count++) {
      const length = readSync(reader, chunk);
      for (const byte of chunk.subarray(0, length)) seen.set(byte, (seen.get(byte) ?? 0) + 1);
      total += length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  await turn();
}
