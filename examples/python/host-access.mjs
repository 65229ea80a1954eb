/**
 * Closes the doors through which an ordinary Python program would get at the
 * host. Pyodide in Node.js leaves them open: `os.system` runs a command on the
 * host, sockets connect through WebSockets, `import js` is the whole of Node.js.
 *
 * This makes requests independent of the host and of each other. It is not a
 * sandbox: a program that means harm still reaches JavaScript's function
 * constructor through any JavaScript object. Put untrusted programs into a
 * process that the operating system confines.
 */

/** @import { EmscriptenModule, Imports } from './pyodide-internals.d.ts' */

/** Errors of the C library, as Emscripten numbers them. */
const PERMISSION_DENIED = 2;
const NOT_IMPLEMENTED = 52;

const RUN_SCRIPT = ['emscripten_run_script', 'emscripten_run_script_int', 'emscripten_run_script_string'];

/** @param {Imports} imports */
export function refuseHostCalls(imports) {
  // os.system("...") reports "function not implemented".
  replace(imports, '_emscripten_system', () => -NOT_IMPLEMENTED);
  for (const name of RUN_SCRIPT) replace(imports, name, () => 0);
}

/** @param {EmscriptenModule} module */
export function refuseSockets(module) {
  module.SOCKFS.createSocket = () => {
    throw new module.FS.ErrnoError(PERMISSION_DENIED);
  };
}

/**
 * @param {Imports} imports
 * @param {string} name
 * @param {() => number} replacement
 */
function replace(imports, name, replacement) {
  const original = /** @type {{ sig?: string } | undefined} */ (/** @type {unknown} */ (imports[name]));
  if (original === undefined) return;
  imports[name] = Object.assign(replacement, { sig: original.sig });
}
