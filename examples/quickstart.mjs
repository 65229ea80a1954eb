/**
 * pagefold in ten lines: a WebAssembly guest that remembers its calls, and forgets them.
 *
 *   node examples/quickstart.mjs
 */

import { MemoryView } from 'pagefold';

// (module
//   (memory (export "memory") 2)
//   (func (export "visit") (result i32)                         ;; counts its calls, at address 65536
//     (i32.store (i32.const 65536) (i32.add (i32.load (i32.const 65536)) (i32.const 1)))
//     (i32.load (i32.const 65536))))
const GUEST = Buffer.from(
  'AGFzbQEAAAABBQFgAAF/AwIBAAUDAQACBxICBm1lbW9yeQIABXZpc2l0AAAKHAEaAEGAgARBgIAEKAIAQQFqNgIAQYCABCgCAAs=',
  'base64',
);

const { instance } = await WebAssembly.instantiate(GUEST);
const memory = /** @type {WebAssembly.Memory} */ (instance.exports['memory']);
const visit = /** @type {() => number} */ (instance.exports['visit']);

const view = MemoryView.adopt(memory);
view.snapshot();

console.log('visits:', visit(), visit(), visit());
console.log('changed:', view.dirty().ranges);

view.reset();
console.log('after a reset, the next visit is number', visit());

view.dispose();
