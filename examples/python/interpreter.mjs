/**
 * A Python interpreter that every program finds as new. Pyodide is loaded once and
 * brought to rest; from then on `reset` puts back what a program changed: the memory,
 * by pagefold, and what Pyodide keeps outside of it in JavaScript, one kind of state
 * in each file of `state/`.
 */

import { randomInt } from 'node:crypto';

import { InstanceSnapshot } from 'pagefold/wasm';

import { refuseHostCalls, refuseSockets } from './host-access.mjs';
import { makeImmortal } from './immortal-objects.mjs';
import { load } from './load.mjs';
import { limitMemory } from './memory-limit.mjs';
import { ProgramRunner } from './program-runner.mjs';
import { Callbacks } from './state/callbacks.mjs';
import { JavaScriptState } from './state/javascript-state.mjs';
import { Timers } from './state/timers.mjs';

/** @import { InstanceResetReport } from 'pagefold/wasm' */
/** @import { JavaScriptReport } from './state/javascript-state.mjs' */
/** @import { Outcome } from './program-runner.mjs' */

/**
 * Puts the WebAssembly instance back. The demo compares pagefold with a plain copy through this.
 * @typedef {{ reset(): InstanceResetReport | undefined, dispose(): void }} MemoryKeeper
 */

/**
 * @typedef {object} Options
 * @property {(instance: WebAssembly.Instance) => MemoryKeeper} [keepMemory] default: pagefold
 * @property {Record<string, string>} [modules] Python modules that are loaded once and found by every program, by name
 * @property {number} [memoryByteLengthMax] of Python's memory, give or take a fifth; default 1 GiB
 * @property {number} [outputByteLengthMax] of stdout, stderr and the result, each; default 1 MiB
 * @property {number} [fileByteLengthMax] what one program may add to files; default 64 MiB
 * @property {number} [hashSeed] below 2^32: interpreters with the same one, in one thread or several, have nearly all of their
 *   memory in common; default: a random one for each process
 * @property {Uint8Array} [interrupt] a shared byte: 2 makes the running program raise KeyboardInterrupt
 */

/**
 * @typedef {object} ResetReport
 * @property {InstanceResetReport | undefined} memory
 * @property {number} memoryMicroseconds
 * @property {JavaScriptReport} javascript
 * @property {number} javascriptMicroseconds
 */

const MEBIBYTE = 2 ** 20;

/** Unknown to whoever sends programs, lest they make dictionaries slow on purpose. */
const HASH_SEED = randomInt(2 ** 32);

/** What programs are likely to import: loaded once, instead of compiled from source in every request. */
const PRELOADED =
  'base64 bisect builtins calendar collections contextlib copy csv dataclasses datetime decimal enum fractions ' +
  'functools gc hashlib heapq html io itertools json math operator os pathlib random re shutil statistics string ' +
  'struct sys tempfile textwrap time traceback types typing unicodedata urllib.parse uuid';

/** Every way a program can run and end, so that what Python sets up on first use is part of the baseline. */
const WARM_UP = [
  `import ${PRELOADED.replaceAll(' ', ', ')}`,
  'import sys\nprint("warm"); print("up", file=sys.stderr)\n[1, None]',
  'import asyncio\nawait asyncio.sleep(0.001)\nobject()',
  'try: raise ValueError("warm")\nexcept ValueError: import traceback; traceback.print_exc()',
  'import os\nwith open("warm-up", "w") as file: file.write("x")\nos.remove("warm-up")',
  'from pyodide.ffi import create_proxy, to_js\nlist(to_js([{}])); proxy = create_proxy(len); proxy([]); proxy.toString(); proxy.destroy()',
];

export class PythonInterpreter {
  /** What an `InstancePool` captures. */
  instance;
  #runner;
  #memory;
  #javascript;

  /**
   * @param {WebAssembly.Instance} instance
   * @param {ProgramRunner} runner
   * @param {MemoryKeeper} memory
   * @param {JavaScriptState} javascript
   */
  constructor(instance, runner, memory, javascript) {
    this.instance = instance;
    this.#runner = runner;
    this.#memory = memory;
    this.#javascript = javascript;
  }

  /**
   * @param {Options} [options]
   * @returns {Promise<PythonInterpreter>}
   */
  static async load({
    keepMemory = (instance) => InstanceSnapshot.capture(instance, { tables: 'length' }),
    modules = {},
    memoryByteLengthMax = 1024 * MEBIBYTE,
    outputByteLengthMax = MEBIBYTE,
    fileByteLengthMax = 64 * MEBIBYTE,
    hashSeed = HASH_SEED,
    interrupt,
  } = {}) {
    const callbacks = new Callbacks();
    const { pyodide, module, instance } = await load((imports) => {
      callbacks.intercept(imports);
      refuseHostCalls(imports);
      limitMemory(imports, memoryByteLengthMax);
    }, hashSeed);
    refuseSockets(module);

    const runner = new ProgramRunner({ byteLengthMax: outputByteLengthMax });
    const timers = new Timers(module, (error) => runner.fail(error));
    await runner.install(pyodide, timers.schedule);
    if (interrupt !== undefined) pyodide.setInterruptBuffer(interrupt);
    for (const program of WARM_UP) {
      const { error } = await runner.run(program);
      if (error !== undefined) throw new Error(`warming up: ${error.traceback}`);
    }
    for (const [name, source] of Object.entries(modules)) runner.addModule(name, source);
    await timers.idle();
    runner.settle((address) => makeImmortal(module.HEAPU32, address));

    const javascript = new JavaScriptState(module, { callbacks, timers, fileByteLengthMax });
    return new PythonInterpreter(instance, runner, keepMemory(instance), javascript);
  }

  /**
   * Runs one program; call `reset` before the next one.
   * @param {string} source
   * @returns {Promise<Outcome>}
   * @throws {InterpreterLost} when only a new interpreter can go on
   */
  run(source) {
    return this.#runner.run(source);
  }

  /** Ends the running program if it waits for something; while it computes, JavaScript does not run. */
  abandon() {
    this.#runner.abandon();
  }

  /**
   * The first half of `reset`: call it before the memory is put back, if that is somebody else's job.
   * @returns {JavaScriptReport}
   */
  restoreJavaScript() {
    return this.#javascript.restore();
  }

  /** @returns {ResetReport} */
  reset() {
    const started = performance.now();
    const javascript = this.restoreJavaScript();
    const between = performance.now();
    const memory = this.#memory.reset();
    const ended = performance.now();
    return {
      memory,
      memoryMicroseconds: (ended - between) * 1000,
      javascript,
      javascriptMicroseconds: (between - started) * 1000,
    };
  }

  dispose() {
    this.#memory.dispose();
  }
}
