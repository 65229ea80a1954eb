/** Keeps Python's memory below a limit: beyond it, `malloc` fails and Python raises MemoryError. */

/** @import { Imports } from './pyodide-internals.d.ts' */

/**
 * @param {Imports} imports
 * @param {number} byteLengthMax
 */
export function limitMemory(imports, byteLengthMax) {
  const grow = /** @type {((byteLength: number) => boolean) & { sig?: string }} */ (
    /** @type {unknown} */ (imports['emscripten_resize_heap'])
  );
  /** @param {number} byteLength */
  const growBelowLimit = (byteLength) => byteLength >>> 0 <= byteLengthMax && grow(byteLength);
  imports['emscripten_resize_heap'] = Object.assign(growBelowLimit, { sig: grow.sig });
}
