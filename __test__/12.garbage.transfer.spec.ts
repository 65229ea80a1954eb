// Buffers of regions that other owners or unfinished system calls still use.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { skip } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

test('buffers of regions that are transferred away', async (t) => {
  const outcomes = (await outcomeOf('transfer')) as Record<string, string>;
  t.log(outcomes);
  t.is(Object.keys(outcomes).length, 8);
  for (const [way, outcome] of Object.entries(outcomes)) {
    t.true(['transferred', 'copied', 'refused', 'absent'].includes(outcome), `${way}: ${outcome}`);
  }
});

test('a write that is unfinished when its region is disposed sends no other bytes', async (t) => {
  if ('deno' in process.versions) return skip(t, 'unfinished write', 'fs.write of Deno waits until all is written');
  const pipe = join(temporaryFolder(t), 'pipe');
  const made = spawnSync('mkfifo', [pipe], { encoding: 'utf8' });
  if (made.status !== 0) return skip(t, 'named pipe', made.stderr || String(made.error));
  const outcome = (await outcomeOf('unfinished-write', { args: [pipe] })) as Record<string, unknown>;
  t.log(outcome);
  t.true((outcome['total'] as number) > 0);
});
