/**
 * Python interpreters in an `InstancePool`: loaded one after another, sharing the pages that are equal, and put back before
 * the next program gets one.
 */

import { InstancePool } from 'pagefold/wasm';

import { PythonInterpreter } from './interpreter.mjs';

/** @import { InstancePoolOptions } from 'pagefold/wasm' */
/** @import { Options } from './interpreter.mjs' */

/** The pool keeps the memory: the interpreter by itself has nothing to reset. */
const KEPT_BY_POOL = { reset: () => undefined, dispose: () => undefined };

/**
 * @param {Omit<Options, 'keepMemory'>} interpreterOptions
 * @param {Omit<InstancePoolOptions<PythonInterpreter>, 'create'>} poolOptions
 * @returns {Promise<InstancePool<PythonInterpreter>>}
 */
export function createPythonPool(interpreterOptions, poolOptions) {
  return InstancePool.create({
    // Entries of Python's table are put back with the state in JavaScript.
    tables: 'length',
    beforeReset: (interpreter) => void interpreter.restoreJavaScript(),
    ...poolOptions,
    create: () => PythonInterpreter.load({ ...interpreterOptions, keepMemory: () => KEPT_BY_POOL }),
  });
}
