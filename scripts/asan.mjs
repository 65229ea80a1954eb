// npm run test:asan: the tests of the core under AddressSanitizer. A compiler without its runtime is skipped, with the reason.
import './project-root.mjs';

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import process from 'node:process';

import { runCommand } from './check/run-command.mjs';
import { withEnv, cargo } from './check/commands.mjs';

/**
 * What cannot hold there: the sanitizer maps memory of its own while a test counts mappings, descriptors and page faults,
 * and needs terabytes of addresses where a test allows a few.
 */
const COUNTING = ['faults', 'leaks', 'limits'];

const asked = (...args) => execFileSync('rustc', args, { encoding: 'utf8' }).trim();
const host = /^host: (.+)$/mu.exec(asked('-vV'))?.[1];
const libraries = asked('--print', 'target-libdir');
if (!readdirSync(libraries).some((name) => name.endsWith('rt.asan.a'))) {
  console.log(`skipped: this Rust for ${host} comes without the runtime of AddressSanitizer (in ${libraries})`);
  process.exit(0);
}

const skipped = COUNTING.flatMap((part) => ['--skip', part]);
// With a target named, build scripts and macros are built without the sanitizer, which could not be loaded into rustc.
const build = ['--lib', '--test', 'suite', '--target', host, '--target-dir', 'target/asan'];
const tests = cargo('test', '-p', 'pagefold-core', '--locked', ...build, '--', ...skipped, ...process.argv.slice(2));
console.log(`skipped under AddressSanitizer, which maps memory itself: tests of ${COUNTING.join(', ')}`);
try {
  await runCommand(
    withEnv(
      {
        // Sanitizers are a nightly feature of a stable compiler.
        RUSTC_BOOTSTRAP: '1',
        RUSTFLAGS: '-Zsanitizer=address',
        // A forked child ends without running what would free its parent's memory.
        ASAN_OPTIONS: 'detect_leaks=0',
        PROPTEST_CASES: '32',
      },
      tests,
    ),
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
