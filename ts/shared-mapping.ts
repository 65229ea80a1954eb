import process from 'node:process';

/**
 * Why pages that others share cannot be put into a WebAssembly memory on this runtime; `undefined` where they can. Nothing
 * can be put right afterwards: an engine collects a memory without telling anybody first.
 *
 * @internal
 */
export function sharedMappingRefusal(): string | undefined {
  if (!('bun' in process.versions)) return undefined;
  return (
    'Bun writes zeros to the memory of a WebAssembly.Memory that it has collected or moved, and would write them to the ' +
    'region or file that is mapped there'
  );
}
