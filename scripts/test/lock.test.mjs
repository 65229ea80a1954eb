import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { withLock } from '../prepare/lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'pagefold-lock-'));
const lock = join(folder, 'lock');
after(() => rmSync(folder, { recursive: true }));

test('processes that want the lock at once have it one after another', async () => {
  const log = join(folder, 'log');
  const program = `
    import { appendFileSync } from 'node:fs'
    import { setTimeout as delay } from 'node:timers/promises'
    import { withLock } from ${JSON.stringify(new URL('../prepare/lock.mjs', import.meta.url).href)}
    await withLock(${JSON.stringify(lock)}, () => {}, async () => {
      appendFileSync(${JSON.stringify(log)}, '(')
      await delay(50)
      appendFileSync(${JSON.stringify(log)}, ')')
    })`;
  leaveLockOfDeadProcess();
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--input-type=module', '--eval', program]));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));

  assert.deepEqual(codes, [0, 0, 0, 0, 0, 0]);
  assert.equal(readFileSync(log, 'utf8'), '()'.repeat(6));
  assert.ok(!existsSync(lock));
});

test('the lock of a process that died is taken over without waiting', async () => {
  leaveLockOfDeadProcess();
  const result = await withLock(
    lock,
    () => assert.fail('waited for a dead process'),
    async () => 'done',
  );
  assert.equal(result, 'done');
});

test('the lock is released when the work fails', async () => {
  await assert.rejects(
    withLock(
      lock,
      () => {},
      async () => {
        throw new Error('no');
      },
    ),
    /no/,
  );
  assert.ok(!existsSync(lock));
});

function leaveLockOfDeadProcess() {
  mkdirSync(lock);
  // Above the largest process id that Linux, macOS or Windows give out.
  writeFileSync(join(lock, '2147483646'), '');
}
