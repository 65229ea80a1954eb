/**
 * PyProxies: JavaScript objects that hold the address of a Python object and
 * give up their reference when JavaScript's garbage collector finalizes them.
 * One that outlives its request would take a reference from whatever lies at
 * that address in the memory of a later request.
 *
 * Pyodide announces every proxy to one registry. This puts another in its place
 * which keeps a list instead, so that nothing is finalized during a request and
 * a reset can declare all of the request's proxies dead without touching memory.
 */

/** @import { EmscriptenModule, Finalization, ProxyShare } from '../pyodide-internals.d.ts' */

export class Proxies {
  /** @type {Set<object>} */
  #ofThisRequest = new Set();

  /** @param {EmscriptenModule} module */
  constructor(module) {
    const ofTheBaseline = module.finalizationRegistry;
    /** @type {Finalization} */
    module.finalizationRegistry = {
      register: (target) => {
        this.#ofThisRequest.add(target);
      },
      // Pyodide registers a proxy under itself, so the token is the target.
      unregister: (token) => {
        if (!this.#ofThisRequest.delete(token)) ofTheBaseline.unregister(token);
      },
    };
  }

  /** @returns {number} how many proxies the request left behind */
  restore() {
    const left = this.#ofThisRequest.size;
    for (const share of this.#ofThisRequest) if (isProxyShare(share)) retire(share);
    this.#ofThisRequest.clear();
    return left;
  }
}

/** @param {object} target */
function isProxyShare(target) {
  return 'ptr' in target && 'destroyed_msg' in target;
}

/** @param {object} target */
function retire(target) {
  const share = /** @type {ProxyShare} */ (target);
  share.ptr = 0;
  share.destroyed_msg = 'This proxy belongs to a request that has ended';
}
