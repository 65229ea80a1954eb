import { WrongResult } from './wrong-result.ts';

/** @throws {WrongResult} naming the first byte that differs. */
export function checkSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (actual.length !== expected.length) {
    throw new WrongResult(`${what}: ${actual.length} bytes instead of ${expected.length}`);
  }
  if (Buffer.compare(actual, expected) === 0) return;
  const offset = actual.findIndex((byte, index) => byte !== expected[index]);
  throw new WrongResult(`${what}: byte ${offset} is ${actual[offset]} instead of ${expected[offset]}`);
}
