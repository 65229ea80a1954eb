/**
 * CPython does not count references to immortal objects (PEP 683): using them writes
 * nothing to their pages. An object is immortal when its count, the first word of it,
 * is at least this; as in Include/refcount.h of CPython 3.14, for 32 bits.
 */
const IMMORTAL_MIN = 1 << 30;
const IMMORTAL = 5 * 2 ** 28;

/**
 * @param {Uint32Array} heap
 * @param {number} address of a Python object
 * @returns {boolean} whether it was mortal until now
 */
export function makeImmortal(heap, address) {
  const count = heap[address >>> 2] ?? IMMORTAL;
  if (count >= IMMORTAL_MIN) return false;
  heap[address >>> 2] = IMMORTAL;
  return true;
}
