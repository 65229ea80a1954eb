/** Collects what Python writes to one of its output streams, up to a limit. */

export class Output {
  /** @type {Uint8Array[]} */ #chunks = [];
  #byteLength = 0;
  #byteLengthMax;
  #truncated = false;

  /** @param {{ byteLengthMax: number }} limits */
  constructor({ byteLengthMax }) {
    this.#byteLengthMax = byteLengthMax;
  }

  /** Pyodide calls this with a window on memory, which has to be copied. @type {(bytes: Uint8Array) => number} */
  write = (bytes) => {
    const kept = bytes.slice(0, this.#byteLengthMax - this.#byteLength);
    if (kept.length < bytes.length) this.#truncated = true;
    if (kept.length > 0) this.#chunks.push(kept);
    this.#byteLength += kept.length;
    return bytes.length;
  };

  /** Hands over what was written and starts anew. @returns {{ text: string, truncated: boolean }} */
  take() {
    const taken = { text: Buffer.concat(this.#chunks).toString('utf8'), truncated: this.#truncated };
    this.#chunks = [];
    this.#byteLength = 0;
    this.#truncated = false;
    return taken;
  }
}
