// Where pagefold does not work: it can be imported, says why it does not work, and refuses with a typed error.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { DoctorReport } from 'pagefold';

import test from '#test';

import { outcomeOf, runScript } from './helpers/child.ts';
import { PROJECT, projectFile } from './helpers/project.ts';
import { skip } from './helpers/skip.ts';
import { temporaryFolder } from './helpers/temporary-folder.ts';

interface Outcome {
  readonly doctor: DoctorReport;
  readonly outcomes: Readonly<Record<string, { code: string; message: string; cause: string }>>;
}

test('without an addon', async (t) => {
  // The package as it is on a system for which there is no addon.
  const folder = temporaryFolder(t);
  for (const each of ['dist', 'package.json']) cpSync(projectFile(each), join(folder, each), { recursive: true });
  mkdirSync(join(folder, 'native'));
  copyFileSync(projectFile('native', 'index.cjs'), join(folder, 'native', 'index.cjs'));
  const program = join(folder, 'program.mjs');
  writeFileSync(
    program,
    `import { doctor, Region, MemoryView, Snapshot } from 'pagefold'
     import { InstanceSnapshot } from 'pagefold/wasm'
     const memory = new WebAssembly.Memory({ initial: 1 })
     const outcomes = []
     for (const way of [
       () => Region.allocate(1),
       () => Region.open('file'),
       () => MemoryView.adopt(memory),
       () => Snapshot.capture(new Uint8Array(1)),
       () => Snapshot.open('file'),
       () => InstanceSnapshot.capture({ exports: { memory } }),
     ]) {
       try { way(); outcomes.push(['none']) } catch ({ code, message, cause }) { outcomes.push([code, message, String(cause)]) }
     }
     console.log(JSON.stringify({ doctor: doctor(), outcomes }))`,
  );
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: undefined, NODE_PATH: undefined };
  const { code, stdout, stderr } = await runScript(program, { env });
  t.is(code, 0, stderr);
  const { doctor: report, outcomes } = JSON.parse(stdout) as { doctor: DoctorReport; outcomes: string[][] };
  t.is(outcomes.length, 6);
  for (const [errorCode, message, cause] of outcomes) {
    t.is(errorCode, 'ERR_PAGEFOLD_UNSUPPORTED');
    t.regex(message ?? '', new RegExp(`${process.platform}-${process.arch}`));
    t.regex(cause ?? '', /./);
  }
  t.false(report.supported);
  t.regex(report.reason ?? '', /no native addon/);
  t.deepEqual(report.trackers, []);

  const cli = await runScript(join(folder, 'dist', 'cli', 'main.js'), { args: ['doctor'], env });
  t.is(cli.code, 1);
  t.regex(cli.stdout, /Does not work here: pagefold has no native addon/);
  const json = await runScript(join(folder, 'dist', 'cli', 'main.js'), { args: ['doctor', '--json'], env });
  t.is(json.code, 1);
  t.false((JSON.parse(json.stdout) as DoctorReport).supported);
});

test('an addon that is damaged', async (t) => {
  const folder = temporaryFolder(t);
  for (const each of ['dist', 'package.json', 'native'])
    cpSync(projectFile(each), join(folder, each), { recursive: true });
  const binary = `pagefold.${process.platform}-${process.arch}`;
  const names = [`${binary}.node`, `${binary}-gnu.node`, `${binary}-musl.node`, `${binary}-msvc.node`];
  const name = names.find((each) => existsSync(join(folder, 'native', each)));
  t.not(name, undefined);
  writeFileSync(join(folder, 'native', name ?? ''), 'not a library');
  const program = join(folder, 'program.mjs');
  writeFileSync(
    program,
    `import { doctor, Region } from 'pagefold'
     let code
     try { Region.allocate(1) } catch (error) { code = error.code }
     console.log(JSON.stringify({ code, supported: doctor().supported, reason: doctor().reason }))`,
  );
  const { code, stdout, stderr } = await runScript(program, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: undefined } });
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout) as object, { code: 'ERR_PAGEFOLD_UNSUPPORTED', supported: false });
});

test.serial('an addon for a system without page tracking', async (t) => {
  if (spawnSync('cargo', ['--version']).status !== 0)
    return skip(t, 'cargo', 'there is no cargo to build that addon with');
  const library = { darwin: 'libpagefold_node.dylib', win32: 'pagefold_node.dll' }[process.platform as string];
  const built = projectFile('target', 'unsupported', 'debug', library ?? 'libpagefold_node.so');
  const options = ['build', '--package', 'pagefold-node', '--locked', '--target-dir', 'target/unsupported'];
  const cargo = spawnSync('cargo', options, {
    cwd: PROJECT,
    encoding: 'utf8',
    env: { ...process.env, RUSTFLAGS: '--cfg pagefold_unsupported' },
  });
  t.is(cargo.status, 0, cargo.stderr);
  const addon = join(temporaryFolder(t), 'pagefold.node');
  copyFileSync(built, addon);

  const { doctor: report, outcomes } = (await outcomeOf('unsupported', {
    env: { NAPI_RS_NATIVE_LIBRARY_PATH: addon, PAGEFOLD_TRACKER: undefined, PAGEFOLD_DISABLE: undefined },
  })) as Outcome;
  t.is(Object.keys(outcomes).length, 9);
  for (const [name, { code, message }] of Object.entries(outcomes)) {
    // A file that is not there is noticed first, by systems of any kind.
    const codes = name.includes('open')
      ? ['ERR_PAGEFOLD_UNSUPPORTED', 'ERR_PAGEFOLD_SYSTEM']
      : ['ERR_PAGEFOLD_UNSUPPORTED'];
    t.true(codes.includes(code), `${name}: ${code} ${message}`);
    t.true(message.length > 10);
  }
  t.false(report.supported);
  t.true((report.reason ?? '').length > 5);
  t.true(report.trackers.every(({ available, reason }) => !available && (reason ?? '') !== ''));
  t.is(report.tracker, undefined);
  t.regex(report.pagefold ?? '', /^\d/);
});
