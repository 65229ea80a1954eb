import vcdiffWasm from 'vcdiff-wasm';

import type { Way } from '../way.ts';

/** vcdiff-wasm: Google's open-vcdiff, compiled to WebAssembly. */
export const vcdiff: Way = {
  async open() {
    // The declarations say `export default`; the file is CommonJS and exports the function itself.
    const load = vcdiffWasm as unknown as (typeof vcdiffWasm)['default'];
    const { encoder, decoder } = await load();
    return { encode: encoder, decode: decoder };
  },
};
