import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { ExecutionContext } from '#test';

import { projectFile } from './project.ts';
import { skip } from './skip.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Native code that knows nothing of pagefold. */
export interface Foreign {
  /** Maps a file copy-on-write over whole pages of a buffer. */
  mapOver(buffer: ArrayBuffer, byteOffset: number, byteLength: number, descriptor: number): void;
  /** Has whole pages watched again that userfaultfd watches, so that nobody learns that they were written. */
  hide(buffer: ArrayBuffer, byteOffset: number, byteLength: number): void;
}

/** Compiles and loads it; says why it cannot. */
export function foreignCode(t: ExecutionContext): Foreign | undefined {
  const source = projectFile('__test__', 'native', 'foreign.c');
  const library = join(temporaryFolder(t), 'foreign.node');
  const options = ['-std=gnu11', '-Wall', '-Werror', '-O1', '-shared', '-fPIC', '-fvisibility=hidden'];
  const { error, status, stderr } = spawnSync('gcc', [...options, '-o', library, source], { encoding: 'utf8' });
  if (error !== undefined) {
    skip(t, 'gcc', `other native code cannot be compiled: ${error.message}`);
    return undefined;
  }
  if (status !== 0) throw new Error(stderr);
  return createRequire(import.meta.url)(library) as Foreign;
}
