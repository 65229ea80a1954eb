import { wrongType } from '../check.ts';
import { PagefoldError } from '../errors.ts';

const { toString } = Object.prototype;

/** Name and value of an export of an instance. @internal */
export type NamedExport = readonly [name: string, value: unknown];

/**
 * Every export. The namespace of an instance is frozen by the engine.
 *
 * @internal
 */
export function exportsOf(instance: unknown): readonly NamedExport[] {
  const exports: unknown =
    typeof instance === 'object' && instance !== null ? (instance as WebAssembly.Instance).exports : undefined;
  if (typeof exports !== 'object' || exports === null) throw wrongType(instance, 'instance', 'a WebAssembly.Instance');
  try {
    return Object.entries(exports);
  } catch (cause) {
    throw new PagefoldError('ERR_PAGEFOLD_INVALID_ARGUMENT', 'the exports of the instance cannot be read', { cause });
  }
}

/**
 * The one memory that the instance exports, under however many names.
 *
 * @internal
 */
export function onlyMemory(exports: readonly NamedExport[]): WebAssembly.Memory {
  const memories = new Set(exports.map(([, value]) => value).filter((value) => isMemory(value)));
  const [memory] = memories;
  if (memory !== undefined && memories.size === 1) return memory;
  throw new PagefoldError(
    'ERR_PAGEFOLD_UNRESTORABLE',
    memory === undefined
      ? 'the instance exports no memory; pass the one that it imports as options.memory'
      : `the instance exports ${memories.size} memories; only instances with one memory can be put back`,
  );
}

/** @internal */
export function isGlobal(value: unknown): value is WebAssembly.Global {
  return value instanceof WebAssembly.Global || isTagged(value, 'WebAssembly.Global');
}

/** @internal */
export function isTable(value: unknown): value is WebAssembly.Table {
  return value instanceof WebAssembly.Table || isTagged(value, 'WebAssembly.Table');
}

function isMemory(value: unknown): value is WebAssembly.Memory {
  return value instanceof WebAssembly.Memory || isTagged(value, 'WebAssembly.Memory');
}

/** Objects of another realm have other prototypes. Whoever forges a tag is found out by the engine's own accessors. */
function isTagged(value: unknown, tag: string): boolean {
  return typeof value === 'object' && toString.call(value) === `[object ${tag}]`;
}
