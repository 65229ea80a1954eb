// The engine's own accessor, taken before user code can put one of its own on a buffer.
const getByteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get as (
  this: ArrayBuffer,
) => number;

/**
 * Length of a buffer as the engine knows it; 0 when it is detached.
 *
 * @internal
 */
export function bufferByteLength(buffer: ArrayBuffer): number {
  return getByteLength.call(buffer);
}
