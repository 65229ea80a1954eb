const PAGE_BYTES = 4096;
const WORD_BYTES = 8;

/** A memory before and after a guest's work. */
export interface Pair {
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
}

/** What a guest did, in words for people. */
export const layouts = {
  words: 'one word of 8 bytes in a hundred has another value, spread over all pages',
  pages: 'one page in a hundred has other contents',
  counters: 'one word of 8 bytes in a hundred was counted up by one',
  inserted: 'one hundredth of the bytes inserted in the middle; what lay behind has moved',
} as const;

export type Layout = keyof typeof layouts;

/** The same pair in every run. Half of the memory is noise, half of it text-like, so that compressors have something to do. */
export function makePair(layout: Layout, byteLength: number): Pair {
  const random = generator(0x9e3779b9);
  const before = contents(byteLength, random);
  return { before, after: changed(layout, before, random) };
}

function changed(layout: Layout, before: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const after = new Uint8Array(before);
  const words = new BigUint64Array(after.buffer);
  const [pageCount, wordCount] = [after.length / PAGE_BYTES, words.length];
  switch (layout) {
    case 'words':
      for (const word of some(wordCount, random)) words[word] = (BigInt(random()) << 32n) | BigInt(random());
      break;
    case 'counters':
      for (const word of some(wordCount, random)) words[word] = (words[word] ?? 0n) + 1n;
      break;
    case 'pages':
      for (const page of some(pageCount, random)) {
        const first = (page * PAGE_BYTES) / WORD_BYTES;
        for (let word = first; word < first + PAGE_BYTES / WORD_BYTES; word += 1) {
          words[word] = (BigInt(random()) << 32n) | BigInt(random());
        }
      }
      break;
    case 'inserted': {
      const [middle, count] = [after.length / 2, Math.floor(after.length / 100)];
      after.copyWithin(middle + count, middle);
      for (let offset = middle; offset < middle + count; offset += 1) after[offset] = random();
    }
  }
  return after;
}

/** A hundredth of so many places, ascending, each in a part of its own. */
function some(count: number, random: () => number): number[] {
  const chosen = Math.max(1, Math.floor(count / 100));
  return Array.from({ length: chosen }, (_, index) => {
    const [from, to] = [Math.floor((index * count) / chosen), Math.floor(((index + 1) * count) / chosen)];
    return from + (random() % (to - from));
  });
}

/** Pages of noise and pages of few different bytes in turn. */
function contents(byteLength: number, random: () => number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(byteLength / Uint32Array.BYTES_PER_ELEMENT);
  const wordsInPage = PAGE_BYTES / Uint32Array.BYTES_PER_ELEMENT;
  for (let index = 0; index < words.length; index += 1) {
    const noise = random();
    words[index] = Math.floor(index / wordsInPage) % 2 === 0 ? noise : (noise & 0x0f0f0f0f) | 0x60606060;
  }
  return new Uint8Array(words.buffer);
}

/** xorshift32: numbers from 1 to 2^32 - 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
