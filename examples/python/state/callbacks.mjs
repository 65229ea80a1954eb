/**
 * Functions that Pyodide makes for JavaScript to call into Python later: when a
 * timer fires or a promise settles. They hold addresses of Python objects, so
 * they must do nothing once the request that made them has been reset away.
 */

/** @import { Imports } from '../pyodide-internals.d.ts' */

/** @typedef {((...args: unknown[]) => unknown) & { destroy(): void }} Callback */

export class Callbacks {
  #request = 0;

  /**
   * Call before the imports are bound.
   * @param {Imports} imports
   */
  intercept(imports) {
    /** @type {Record<string, (...args: any[]) => any>} */
    const functions = imports;
    const { create_once_callable, create_promise_handles, _agen_handle_result_js } = functions;
    if (!create_once_callable || !create_promise_handles || !_agen_handle_result_js) {
      throw new Error('this Pyodide makes its callbacks in another way');
    }
    functions['create_once_callable'] = keepSignature(create_once_callable, (...args) => {
      const made = create_once_callable(...args);
      return isCallback(made) ? this.#bind(made) : made;
    });
    functions['create_promise_handles'] = keepSignature(create_promise_handles, (...args) => {
      const made = create_promise_handles(...args);
      return Array.isArray(made) ? made.map((callback) => this.#bind(callback)) : made;
    });
    functions['_agen_handle_result_js'] = keepSignature(_agen_handle_result_js, (promise, ...rest) =>
      _agen_handle_result_js(isPromise(promise) ? this.#bindPromise(promise) : promise, ...rest),
    );
  }

  restore() {
    this.#request += 1;
  }

  /**
   * @param {Callback} callback
   * @returns {Callback}
   */
  #bind(callback) {
    const request = this.#request;
    /** @param {unknown[]} args */
    const bound = (...args) => (request === this.#request ? callback(...args) : undefined);
    return Object.assign(bound, {
      destroy: () => {
        if (request === this.#request) callback.destroy();
      },
    });
  }

  /**
   * The same promise, except that it never settles once the request is over.
   * @param {PromiseLike<unknown>} promise
   */
  #bindPromise(promise) {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => request === this.#request && resolve(value),
        (reason) => request === this.#request && reject(reason),
      );
    });
  }
}

/**
 * Emscripten reads the WebAssembly signature of an import from its `sig`.
 * @template {(...args: any[]) => any} Import
 * @param {Import} original
 * @param {Import} replacement
 */
function keepSignature(original, replacement) {
  return Object.assign(replacement, { sig: /** @type {{ sig?: string }} */ (original).sig });
}

/**
 * Pyodide returns a marker of its own when it failed.
 * @param {unknown} made
 * @returns {made is Callback}
 */
function isCallback(made) {
  return typeof made === 'function';
}

/**
 * @param {unknown} value
 * @returns {value is PromiseLike<unknown>}
 */
function isPromise(value) {
  return typeof value === 'object' && value !== null && 'then' in value;
}
