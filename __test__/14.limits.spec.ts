// Systems that give no more, and memories that are large.
import { spawnSync } from 'node:child_process';

import test from '#test';

import { outcomeOf } from './helpers/child.ts';
import { tellsProcessState } from './helpers/process-state.ts';
import { lacks, skip, TRACKERS } from './helpers/skip.ts';

type Codes = Readonly<Record<string, number>>;

/** Whether a POSIX shell can set a limit for the processes that it starts. */
function limitable(limit: string): boolean {
  return spawnSync('sh', ['-c', limit]).status === 0;
}

test('without descriptors: typed errors, and everything as before', async (t) => {
  if (!limitable('ulimit -n 200')) return skip(t, 'limit of descriptors', 'the shell cannot set one');
  const codes = (await outcomeOf('limits', { args: ['descriptors'], shell: 'ulimit -n 200' })) as Codes;
  t.log(codes);
  t.true((codes['ERR_PAGEFOLD_OUT_OF_MEMORY'] ?? 0) >= 50);
  for (const code of Object.keys(codes)) {
    t.true(['done', 'EMFILE', 'ERR_PAGEFOLD_OUT_OF_MEMORY', 'ERR_PAGEFOLD_SYSTEM'].includes(code), code);
  }
});

test('without address space: typed errors, and everything as before', async (t) => {
  const limit = `ulimit -v ${64 << 20}`;
  if (!limitable(limit)) return skip(t, 'limit of address space', 'the shell cannot set one');
  const codes = (await outcomeOf('limits', { args: ['address space'], shell: limit })) as Codes;
  t.log(codes);
  t.true((codes['ERR_PAGEFOLD_OUT_OF_MEMORY'] ?? 0) >= 3);
  for (const code of Object.keys(codes)) t.true(['done', 'ERR_PAGEFOLD_OUT_OF_MEMORY'].includes(code), code);
});

test('more address space than a processor has', async (t) => {
  const codes = (await outcomeOf('limits', { args: ['regions without end'] })) as Codes;
  t.is(codes['ERR_PAGEFOLD_OUT_OF_MEMORY'], 1);
});

for (const tracker of TRACKERS) {
  test.serial(`${tracker}: memories of 1 GiB cost what is used of them`, async (t) => {
    if (lacks(t, tracker)) return;
    if (!tellsProcessState) return skip(t, 'process state', 'there is no /proc/self');
    const { used } = (await outcomeOf('sparse', { args: [tracker] })) as { used: number };
    t.log(`${Math.round(used / 2 ** 20)} MiB for twice 1 GiB`);
    t.true(used < 256 << 20, `${used} bytes`);
  });
}
