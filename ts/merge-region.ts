import { checkBytes, checkChoice, checkOptions, wrongType } from './check.ts';
import { PagefoldError } from './errors.ts';

/**
 * What the bytes of a merge region mean. Values are little-endian everywhere; no alignment is required. `raw` is opaque
 * bytes; of a `bool`, every byte but zero is true.
 */
export type ElementType = 'raw' | 'bool' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64';

/**
 * How changes of several origins to one element become one value. With `o` the value in the base, `u` the changed one and
 * `s` what earlier diffs of the same merge have made of it:
 *
 * | operation | the first diff gives | later ones give | for |
 * | --- | --- | --- | --- |
 * | `overwrite` | `u` | `u`: the last one wins | all types |
 * | `sum`, `subtract` | `u` | `s + (u - o)` | numbers; integers wrap |
 * | `product` | `u` | `s * u / o`, which must be defined | numbers; integers wrap |
 * | `max`, `min` | the larger, the smaller of `o` and `u` | the same of `s` and `u` | numbers |
 * | `xor` | `u` | `s ^ o ^ u` | integers, `bool`, `raw` |
 * | `and`, `or` | `o & u`, `o \| u` | `s & u`, `s \| u` | integers, `bool`, `raw` |
 * | `first-writer` | `u` | `s`: the first one wins | all types |
 * | `conflict` | `u` | `ERR_PAGEFOLD_MERGE_CONFLICT` | all types |
 * | `ignore` | `o`: it is in no diff | | all types |
 *
 * Past the end of the base there is no `o`: the first diff gives `u`, and later ones take `o` for zero.
 */
export type MergeOperation =
  | 'overwrite'
  | 'sum'
  | 'subtract'
  | 'product'
  | 'max'
  | 'min'
  | 'xor'
  | 'and'
  | 'or'
  | 'ignore'
  | 'first-writer'
  | 'conflict';

/** One range of a memory: an array of elements of one type, merged in one way. Give its length in bytes or in elements. */
export interface MergeRegion {
  /** First byte. */
  byteOffset: number;
  /** Length in bytes, a multiple of the width of the type, or `'end'`: as far as a memory can grow. */
  byteLength?: number | 'end' | undefined;
  /** Length in elements. */
  count?: number | undefined;
  /** What the bytes mean. */
  type: ElementType | 'int' | 'long' | 'float' | 'double';
  /** How they are merged. */
  operation: MergeOperation;
}

/** A merge region as it was declared: its length in bytes, its type by its first name. */
export interface DeclaredMergeRegion extends MergeRegion {
  readonly byteOffset: number;
  readonly byteLength: number | 'end';
  readonly type: ElementType;
  readonly operation: MergeOperation;
}

/** A stretch of a memory that is merged in one way, masks and gaps taken into account. */
export interface MergeCoverage {
  /** First byte. */
  readonly byteOffset: number;
  /** Length in bytes, at least 1. */
  readonly byteLength: number;
  /** What the bytes mean; `raw` in gaps and where they are ignored. */
  readonly type: ElementType;
  /** How they are merged. */
  readonly operation: MergeOperation;
}

/** In the order of the addon's numbers. @internal */
export const ELEMENT_TYPES: readonly ElementType[] = [
  'raw',
  'bool',
  'i8',
  'u8',
  'i16',
  'u16',
  'i32',
  'u32',
  'i64',
  'u64',
  'f32',
  'f64',
];

/** In the order of the addon's numbers. @internal */
export const MERGE_OPERATIONS: readonly MergeOperation[] = [
  'overwrite',
  'sum',
  'subtract',
  'product',
  'max',
  'min',
  'xor',
  'and',
  'or',
  'ignore',
  'first-writer',
  'conflict',
];

/** Other names of types. */
const ALIASES = { int: 'i32', long: 'i64', float: 'f32', double: 'f64' } as const;
const TYPE_CHOICES = [...ELEMENT_TYPES, ...(Object.keys(ALIASES) as (keyof typeof ALIASES)[])];

/** Bytes of one element. */
const WIDTHS: Readonly<Record<ElementType, number>> = {
  raw: 1,
  bool: 1,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
};

/**
 * Reads every property once, and checks it. Whether the region can be is the addon's to say.
 *
 * @internal
 */
export function checkMergeRegion(value: MergeRegion, name: string): DeclaredMergeRegion {
  if (value === undefined) throw wrongType(value, name, 'an object');
  const { byteOffset, byteLength, count, type: named, operation } = checkOptions(value, name);
  const chosen = checkChoice(named, `${name}.type`, TYPE_CHOICES);
  const type = chosen in ALIASES ? ALIASES[chosen as keyof typeof ALIASES] : (chosen as ElementType);
  return {
    byteOffset: checkBytes(byteOffset, `${name}.byteOffset`),
    byteLength: checkedLength(byteLength, count, WIDTHS[type], name),
    type,
    operation: checkChoice(operation, `${name}.operation`, MERGE_OPERATIONS),
  };
}

function checkedLength(byteLength: unknown, count: unknown, width: number, name: string): number | 'end' {
  if ((byteLength === undefined) === (count === undefined)) {
    throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', `${name} needs either a byteLength or a count`);
  }
  if (byteLength === 'end') return 'end';
  if (count === undefined) return checkBytes(byteLength, `${name}.byteLength`);
  return checkBytes(checkBytes(count, `${name}.count`) * width, `${name}.count in bytes`);
}
