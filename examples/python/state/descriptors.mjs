/**
 * Open file descriptors, which Emscripten keeps in a JavaScript array: those of
 * the baseline get their position and flags back, those of the request are dropped.
 */

/** @import { FileStream, FileSystem } from '../pyodide-internals.d.ts' */

export class Descriptors {
  #fs;
  /** @type {({ stream: FileStream, fields: Record<string, unknown>, shared: Record<string, unknown> } | null)[]} */
  #saved;

  /** @param {FileSystem} fs */
  constructor(fs) {
    this.#fs = fs;
    this.#saved = fs.streams.map((stream) => {
      if (stream === null || stream === undefined) return null;
      return { stream, fields: { ...stream }, shared: { ...stream.shared } };
    });
  }

  restore() {
    const { streams } = this.#fs;
    streams.length = this.#saved.length;
    for (const [descriptor, saved] of this.#saved.entries()) {
      streams[descriptor] = saved === null ? null : saved.stream;
      if (saved === null) continue;
      Object.assign(saved.stream, saved.fields);
      Object.assign(saved.stream.shared, saved.shared);
    }
  }
}
