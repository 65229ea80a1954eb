import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { doctor, Region, type RegionAccess } from 'pagefold';

import type { ExecutionContext } from '#test';

import { temporaryFolder } from './temporary-folder.ts';

/** Whether regions that are shared can be mapped into WebAssembly memories on this runtime. */
export const SHARES_WITH_WASM: boolean =
  doctor().capabilities.find(({ name }) => name === 'shared-mapping')?.available ?? false;

/** What a region can be mapped from. */
export const MAPPABLE: readonly RegionAccess[] = ['shared', 'copy-on-write', 'read-write'];

/** A mappable region of any kind with these bytes in it, and the file where there is one. */
export function mappable(
  t: ExecutionContext,
  access: RegionAccess,
  bytes: Uint8Array,
): { readonly region: Region; readonly path: string } {
  const path = join(temporaryFolder(t), 'file');
  if (access === 'shared') {
    const region = Region.allocate(bytes.length, { mappable: true });
    region.bytes.set(bytes);
    return { region, path };
  }
  if (access === 'private') throw new Error('the pages of such a region are its own');
  writeFileSync(path, bytes);
  return { region: Region.open(path, { access }), path };
}

/** Bytes of which no two pages are alike, none of them zero. */
export function filled(byteLength: number, salt: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: byteLength }, (_, index) => 1 + ((index * 7 + (index >> 9) * 13 + salt * 31) % 255));
}
