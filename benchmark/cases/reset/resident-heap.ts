export const PAGE_BYTES = 4096;
const WASM_PAGE_BYTES = 65_536;

/** Bytes that look like a heap in use: no page is empty, none like another. The same in every run. */
export function heapContents(byteLength: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(byteLength / Uint32Array.BYTES_PER_ELEMENT);
  let state = 0x9e3779b9;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer);
}

/** A memory with these contents, every page of it resident. */
export function memoryWith(contents: Uint8Array): WebAssembly.Memory {
  const pages = contents.length / WASM_PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  new Uint8Array(memory.buffer).set(contents);
  return memory;
}
