/** The addresses that Emscripten made up for host names a request looked up; one request could read another's. */

/** @import { EmscriptenModule } from '../pyodide-internals.d.ts' */

export class HostNames {
  #module;
  #baseline;

  /** @param {EmscriptenModule} module */
  constructor(module) {
    this.#module = module;
    this.#baseline = structuredClone(module.DNS.address_map);
  }

  restore() {
    const { DNS } = this.#module;
    if (DNS.address_map.id !== this.#baseline.id) DNS.address_map = structuredClone(this.#baseline);
  }
}
