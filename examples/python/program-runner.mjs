/** Runs Python programs in a loaded Pyodide, one at a time, and describes what became of each. */

import { readFile } from 'node:fs/promises';

import { InterpreterLost } from './interpreter-lost.mjs';
import { Output } from './output.mjs';

/** @import { PyodideAPI } from 'pyodide' */
/** @import { PythonError } from './pyodide-internals.d.ts' */

/**
 * @typedef {object} Ending
 * @property {string} [result] if it ran to its end: the value of its last expression, as JSON text
 * @property {'json' | 'repr'} [resultType] whether JSON expresses that value, or only the string that Python would print
 * @property {number} [exitCode] if it called sys.exit
 * @property {{ type: string, message: string, traceback: string }} [error] if it raised
 */

/** @typedef {Ending & { stdout: string, stderr: string, truncated: boolean }} Outcome */

export class ProgramRunner {
  #byteLengthMax;
  #stdout;
  #stderr;
  /** @type {(source: string) => string | undefined} */ #start = notInstalled;
  /** @type {(name: string, source: string) => void} */ #addModule = notInstalled;
  /** @type {(makeImmortal: (address: number) => boolean) => void} */ #settle = notInstalled;
  /** @type {{ resolve: (ending: Ending) => void, reject: (error: unknown) => void } | undefined} */ #running;

  /** @param {{ byteLengthMax: number }} outputLimits for stdout, stderr and the result, each */
  constructor(outputLimits) {
    this.#byteLengthMax = outputLimits.byteLengthMax;
    this.#stdout = new Output(outputLimits);
    this.#stderr = new Output(outputLimits);
  }

  /**
   * @param {PyodideAPI} pyodide
   * @param {(callback: () => unknown, milliseconds: number) => void} schedule for Python's event loop
   */
  async install(pyodide, schedule) {
    pyodide.setStdin({ stdin: () => null });
    pyodide.setStdout({ write: this.#stdout.write });
    pyodide.setStderr({ write: this.#stderr.write });
    const namespace = pyodide.toPy({ __name__: 'runner' });
    const source = await readFile(new URL('runner.py', import.meta.url), 'utf8');
    pyodide.runPython(source, { globals: namespace, filename: 'runner.py' });
    const install = namespace.get('install');
    const finish = Object.freeze((/** @type {string} */ text) => this.#end(text));
    this.#start = install(schedule, finish, this.#byteLengthMax);
    this.#addModule = namespace.get('add_module');
    this.#settle = namespace.get('settle');
    install.destroy();
    namespace.destroy();
  }

  /**
   * Loads a Python module that every program finds.
   * @param {string} name
   * @param {string} source
   */
  addModule(name, source) {
    this.#addModule(name, source);
  }

  /**
   * Brings Python to the state that a snapshot should have.
   * @param {(address: number) => boolean} makeImmortal
   */
  settle(makeImmortal) {
    this.#settle(makeImmortal);
  }

  /**
   * @param {string} source
   * @returns {Promise<Outcome>}
   * @throws {InterpreterLost}
   */
  async run(source) {
    if (this.#running !== undefined) throw new Error('a program is running already');
    const ending = await new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
      try {
        const text = this.#start(source);
        if (text !== undefined) this.#end(text);
      } catch (error) {
        this.fail(error);
      }
    });
    const stdout = this.#stdout.take();
    const stderr = this.#stderr.take();
    return { ...ending, stdout: stdout.text, stderr: stderr.text, truncated: stdout.truncated || stderr.truncated };
  }

  /** Ends the running program if it waits for something; while it computes, JavaScript does not run. */
  abandon() {
    const error = { type: 'TimeoutError', message: 'the program was waiting', traceback: '' };
    this.#running?.resolve({ error });
    this.#running = undefined;
  }

  /**
   * Ends the running program with what reached JavaScript from Python: an exception
   * that no Python code caught, or the end of the interpreter.
   * @param {unknown} error
   */
  fail(error) {
    const running = this.#running;
    this.#running = undefined;
    if (isPythonError(error)) running?.resolve({ error: describe(error) });
    else running?.reject(new InterpreterLost(error));
  }

  /** @param {string} text as `runner.py` writes it */
  #end(text) {
    const running = this.#running;
    this.#running = undefined;
    running?.resolve(JSON.parse(text));
  }
}

/** @returns {never} */
function notInstalled() {
  throw new Error('install() comes first');
}

/**
 * @param {unknown} error
 * @returns {error is PythonError}
 */
function isPythonError(error) {
  return error instanceof Error && error.constructor.name === 'PythonError' && 'type' in error;
}

/** @param {PythonError} error */
function describe({ type, message }) {
  const lines = message.trimEnd().split('\n');
  return { type, message: lines.at(-1) ?? type, traceback: message };
}
