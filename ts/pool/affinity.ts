import { checkOptions, wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';
import type { AffinityOptions } from './options.ts';

/** What a lease is for when nobody said so. */
const NOTHING = 0;

/** Above all hashes, which have 52 bits. */
const NUMBERS_END = 2 ** 52;

/**
 * What a lease is for, as a number. Two names may have the same number: then a slot is preferred that is no better than
 * another.
 *
 * @internal
 */
export function affinityOf(options: AffinityOptions | undefined): number {
  if (options === undefined) return NOTHING;
  const { affinity } = checkOptions(options);
  if (affinity === undefined) return NOTHING;
  if (typeof affinity === 'string') return 1 + hash(affinity);
  if (typeof affinity !== 'number') throw wrongType(affinity, 'affinity', 'a string or a number');
  if (Number.isSafeInteger(affinity) && affinity >= 0) return 1 + (affinity % NUMBERS_END);
  throw new PagefoldError(
    'ERR_PAGEFOLD_OUT_OF_RANGE',
    `affinity must be an integer from 0 to 2^53 - 1, or a string; it is ${affinity}`,
  );
}

/** FNV-1a, twice with different beginnings: 52 bits. */
function hash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x01000193);
  }
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}
