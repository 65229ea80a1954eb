/** One interpreter with one way to put its memory back; the demo serves every request in each of them. */

import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';

import { PythonInterpreter } from '../python/interpreter.mjs';
import { PooledInterpreter } from '../python/pooled-interpreter.mjs';
import { CheckFailed } from './check-failed.mjs';

/** @import { TrackerChoice } from 'pagefold' */
/** @import { ResetReport } from '../python/interpreter.mjs' */
/** @import { Outcome } from '../python/program-runner.mjs' */
/** @import { Comparable, ComparableKeeper } from './keepers.mjs' */
/** @import { Program } from './programs.mjs' */

/** @typedef {{ request: number, memory: number, javascript: number, cycle: number }} Times in microseconds */

const CLEANLINESS = await readFile(new URL('cleanliness.py', import.meta.url), 'utf8');

/** What every request starts with. */
const CHECK = `from cleanliness import traces
assert not traces(), f"the interpreter is not clean: {traces()}"
`;

/**
 * @typedef {object} Interpreter
 * @property {(source: string) => Promise<Outcome>} run
 * @property {() => ResetReport | undefined | Promise<ResetReport | undefined>} reset
 * @property {() => void} dispose
 */

/** @template {Comparable} Keeper */
export class Lane {
  #interpreter;

  /**
   * @param {string} name
   * @param {Interpreter} interpreter
   * @param {Keeper} keeper
   * @param {number} startMilliseconds
   */
  constructor(name, interpreter, keeper, startMilliseconds) {
    this.name = name;
    this.keeper = keeper;
    /** How long it took to have this interpreter ready: a fresh start. */
    this.startMilliseconds = startMilliseconds;
    this.#interpreter = interpreter;
  }

  /**
   * @template {ComparableKeeper} Keeper
   * @param {string} name
   * @param {(instance: WebAssembly.Instance) => Keeper} keep
   * @returns {Promise<Lane<Keeper>>}
   */
  static async open(name, keep) {
    /** @type {Keeper | undefined} */
    let keeper;
    let keepMilliseconds = 0;
    const started = performance.now();
    const interpreter = await PythonInterpreter.load({
      modules: { cleanliness: CLEANLINESS },
      keepMemory: (instance) => {
        const before = performance.now();
        keeper = keep(instance);
        keepMilliseconds = performance.now() - before;
        return keeper;
      },
    });
    if (keeper === undefined)
      throw new CheckFailed(`${name}: the interpreter was loaded without its memory being kept`);
    return new Lane(name, interpreter, keeper, performance.now() - started - keepMilliseconds);
  }

  /**
   * An interpreter of an `InstancePool`.
   * @param {string} name
   * @param {TrackerChoice} tracker
   * @returns {Promise<Lane<PooledInterpreter>>}
   */
  static async openPooled(name, tracker) {
    const started = performance.now();
    const interpreter = await PooledInterpreter.open({ modules: { cleanliness: CLEANLINESS } }, { tracker });
    return new Lane(name, interpreter, interpreter, performance.now() - started);
  }

  /**
   * One request: the check, the program, and what it left behind put back.
   * @param {Program} program
   * @returns {Promise<Times>}
   */
  async serve(program) {
    const started = performance.now();
    await this.run(program);
    const request = (performance.now() - started) * 1000;
    const report = await this.reset();
    return {
      request,
      memory: report.memoryMicroseconds,
      javascript: report.javascriptMicroseconds,
      cycle: (performance.now() - started) * 1000,
    };
  }

  /**
   * Runs the check and the program, and looks at the result.
   * @param {Program} program
   */
  async run({ name, source, result }) {
    const outcome = await this.#interpreter.run(CHECK + source);
    if (outcome.error !== undefined) throw new CheckFailed(`${this.name}, ${name}: ${outcome.error.traceback}`);
    const found = JSON.parse(outcome.result ?? 'null');
    if (!isDeepStrictEqual(found, result)) {
      throw new CheckFailed(`${this.name}, ${name}: the result is ${outcome.result}, not ${JSON.stringify(result)}`);
    }
  }

  /** @returns {Promise<ResetReport>} */
  async reset() {
    const report = await this.#interpreter.reset();
    if (report === undefined)
      throw new CheckFailed(`${this.name}: the interpreter was replaced instead of being reset`);
    return report;
  }

  /**
   * The kinds of traces that the check finds now.
   * @returns {Promise<string[]>}
   */
  async traces() {
    const outcome = await this.#interpreter.run('from cleanliness import traces; traces()');
    if (outcome.error !== undefined) throw new CheckFailed(`${this.name}: ${outcome.error.traceback}`);
    return JSON.parse(outcome.result ?? 'null');
  }

  dispose() {
    this.#interpreter.dispose();
  }
}
