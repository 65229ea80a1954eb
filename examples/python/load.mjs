/** Loads Pyodide as npm ships it, and keeps hold of the one thing it does not hand out: its WebAssembly instance. */

import { fileURLToPath } from 'node:url';

import { loadPyodide } from 'pyodide';

/** @import { PyodideAPI } from 'pyodide' */
/** @import { EmscriptenModule, Imports } from './pyodide-internals.d.ts' */

/**
 * @typedef {object} Loaded
 * @property {PyodideAPI} pyodide
 * @property {EmscriptenModule} module
 * @property {WebAssembly.Instance} instance
 */

/**
 * @typedef {NonNullable<NonNullable<Parameters<typeof loadPyodide>[0]>['createPyodideModule']>} CreateModule
 */

/**
 * @param {(imports: Imports) => void} adjustImports sees the functions Pyodide gives WebAssembly before they are bound
 * @param {number} hashSeed of Python's strings: interpreters with the same one can share their memory
 * @returns {Promise<Loaded>}
 */
export async function load(adjustImports, hashSeed) {
  const url = import.meta.resolve('pyodide/pyodide.asm.mjs');
  /** @type {{ default: CreateModule }} */
  const { default: createModule } = await import(url);
  /** @type {WebAssembly.Instance | undefined} */
  let instance;

  const pyodide = await loadPyodide({
    // By itself it looks for its files where its stack trace says, which source maps lead astray.
    indexURL: fileURLToPath(new URL('.', url)),
    env: { HOME: '/home/pyodide', PYTHONHASHSEED: String(hashSeed) },
    // What `import js` finds. Pyodide's own modules want an `eval` there.
    jsglobals: Object.freeze({ eval: refuseEval }),
    createPyodideModule: (settings) => {
      const instantiate = settings.instantiateWasm;
      if (instantiate === undefined) throw new Error('this Pyodide instantiates WebAssembly in another way');
      return createModule({
        ...settings,
        // The same in every thread: a longer path would move all that Python allocates after it.
        thisProgram: '/python',
        instantiateWasm(imports, done) {
          adjustImports(imports['env']);
          return instantiate(imports, (created, compiled) => {
            instance = created;
            done(created, compiled);
          });
        },
      });
    },
  });
  if (instance === undefined) throw new Error('Pyodide loaded without handing over its instance');

  const module = /** @type {EmscriptenModule} */ (/** @type {any} */ (pyodide)._module);
  // With stack switching a request could leave a suspended WebAssembly stack behind,
  // which would wake up in the memory of a later request.
  module.jspiSupported = false;
  return { pyodide, module, instance };
}

function refuseEval() {
  throw new Error('JavaScript cannot be run from here');
}
