// doctor() and the command `pagefold doctor`.
import { doctor, type DoctorReport } from 'pagefold';

import test from '#test';

import { runScript, type ChildOptions, type Ending } from './helpers/child.ts';
import { projectFile } from './helpers/project.ts';
import { TRACKERS } from './helpers/skip.ts';

const MAIN = projectFile('dist', 'cli', 'main.js');

function command(args: readonly string[], env: ChildOptions['env'] = {}): Promise<Ending> {
  return runScript(MAIN, { args, env: { PAGEFOLD_DISABLE: undefined, ...env } });
}

test('the report', (t) => {
  const report = doctor();
  t.is(report.platform, process.platform);
  t.is(report.arch, process.arch);
  t.regex(report.pagefold ?? '', /^\d+\.\d+\.\d+/);
  t.regex(report.runtime.version, /^\d+\.\d+/);
  t.is(report.runtime.name, 'bun' in process.versions ? 'bun' : 'deno' in process.versions ? 'deno' : 'node');
  t.true([4096, 16_384, 65_536].includes(report.pageByteLength ?? 0));
  t.deepEqual(
    report.trackers.map(({ name }) => name),
    [...TRACKERS],
  );
  t.true(report.capabilities.length > 0);
  for (const finding of [...report.trackers, ...report.capabilities]) {
    t.is(finding.reason === undefined, finding.available, finding.name);
    if (!finding.available) t.true((finding.reason ?? '').length > 3);
  }
  t.is(report.supported, report.tracker !== undefined);
  t.is(report.supported, report.reason === undefined);
  t.is(report.tracker, report.trackers.find(({ available }) => available)?.name as DoctorReport['tracker']);
});

test('the report is plain data, and the same each time', (t) => {
  t.deepEqual(JSON.parse(JSON.stringify(doctor())), doctor());
  t.not(doctor(), doctor());
});

test('pagefold doctor, for people', async (t) => {
  const { code, stdout, stderr } = await command(['doctor']);
  t.is(code, 0);
  t.is(stderr, '');
  const { pagefold, platform, arch, tracker } = doctor();
  t.true(stdout.startsWith(`pagefold ${pagefold} on ${platform}-${arch}`));
  t.regex(stdout, new RegExp(`^Works here, with the tracker ${tracker}`, 'm'));
  for (const name of TRACKERS) t.regex(stdout, new RegExp(`^  (yes|no ) +${name}`, 'm'));
  t.true(stdout.endsWith('\n') && !stdout.includes('undefined'));
});

test('pagefold doctor --json', async (t) => {
  for (const args of [
    ['doctor', '--json'],
    ['--json', 'doctor'],
  ]) {
    const { code, stdout, stderr } = await command(args);
    t.is(code, 0);
    t.is(stderr, '');
    t.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(doctor())));
  }
});

test('what PAGEFOLD_DISABLE names is reported as absent', async (t) => {
  const one = JSON.parse((await command(['doctor', '--json'], { PAGEFOLD_DISABLE: 'uffd-wp' })).stdout) as DoctorReport;
  t.like(one.trackers[0], { name: 'uffd-wp', available: false });
  t.regex(one.trackers[0]?.reason ?? '', /environment/);
  t.not(one.tracker, 'uffd-wp');

  const all = await command(['doctor', '--json'], { PAGEFOLD_DISABLE: TRACKERS.join() });
  t.is(all.code, 1, 'it does not work here');
  const report = JSON.parse(all.stdout) as DoctorReport;
  t.false(report.supported);
  t.regex(report.reason ?? '', /environment/);
  t.is(report.tracker, undefined);

  const text = await command(['doctor'], { PAGEFOLD_DISABLE: TRACKERS.join() });
  t.is(text.code, 1);
  t.regex(text.stdout, /^Does not work here: .*environment/m);
});

test('wrong arguments', async (t) => {
  for (const args of [[], ['doctors'], ['doctor', 'doctor'], ['--jason'], ['doctor', '--json=yes'], ['']]) {
    const { code, stdout, stderr } = await command(args);
    t.is(code, 2, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, /Usage: pagefold doctor/);
  }
});

test('help', async (t) => {
  for (const args of [['--help'], ['-h'], ['doctor', '--help']]) {
    const { code, stdout, stderr } = await command(args);
    t.is(code, 0);
    t.is(stderr, '');
    t.regex(stdout, /^Usage: pagefold doctor/);
  }
});
