/** What the accessors of hostile values throw: code of the caller's own, whose errors are not pagefold's. */
export class HostileError extends Error {}

function hostile(): never {
  throw new HostileError('hostile');
}

/** Values by name that are no number of bytes: every one has to be refused. */
export const NOT_BYTES: readonly (readonly [string, unknown])[] = [
  ['-1', -1],
  ['-0.5', -0.5],
  ['0.5', 0.5],
  ['the smallest number', Number.MIN_VALUE],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['2^53', 2 ** 53],
  ['2^53 + 2', 2 ** 53 + 2],
  ['2^64', 2 ** 64],
  ['-2^63', -(2 ** 63)],
  ['1e308', 1e308],
  ['a string', '1'],
  ['an empty string', ''],
  ['a hexadecimal string', '0x10'],
  ['a BigInt', 4096n],
  ['a negative BigInt', -1n],
  ['a large BigInt', 2n ** 64n],
  ['a symbol', Symbol('1')],
  ['null', null],
  ['true', true],
  ['an array', []],
  ['an array of a number', [4096]],
  ['an object', {}],
  ['a boxed number', new Number(4096)],
  ['a date', new Date(4096)],
  ['a function', () => 4096],
  ['a valueOf', { valueOf: () => 4096 }],
  ['a hostile valueOf', { valueOf: hostile, toString: hostile }],
  ['a hostile toPrimitive', { [Symbol.toPrimitive]: hostile }],
  ['a hostile proxy', new Proxy({}, { get: hostile, has: hostile, getPrototypeOf: hostile, ownKeys: hostile })],
];

/** Values by name that are none of the objects that pagefold takes. */
export const NOT_OBJECTS: readonly (readonly [string, unknown])[] = [
  ...NOT_BYTES,
  ['undefined', undefined],
  ['0', 0],
  ['-0', -0],
  ['1', 1],
  ['an ArrayBuffer', new ArrayBuffer(65_536)],
  ['a SharedArrayBuffer', new SharedArrayBuffer(65_536)],
  ['a Uint16Array', new Uint16Array(4096)],
  ['a DataView', new DataView(new ArrayBuffer(4096))],
  ['a WebAssembly.Table', new WebAssembly.Table({ initial: 1, element: 'anyfunc' })],
  ['the prototype of memories', WebAssembly.Memory.prototype],
  ['an heir of a memory', Object.create(new WebAssembly.Memory({ initial: 1 }))],
  ['a proxy of a memory', new Proxy(new WebAssembly.Memory({ initial: 1 }), {})],
  ['the class of memories', WebAssembly.Memory],
  ['a regular expression', /1/],
  ['a promise', Promise.resolve(1)],
];
