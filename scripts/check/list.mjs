import { cargo, filesIn, installed, node, npm, withEnv } from './commands.mjs';
import { DEMO_REQUESTS, inspectDemo } from './demo.mjs';
import { inspectPackage } from './package-contents.mjs';

/** Every check, cheapest first within its language: a name for the command line, what it proves, how. */
export const checks = [
  {
    name: 'fmt',
    proves: 'Rust is formatted',
    command: cargo('fmt', '--all', '--check'),
  },
  {
    name: 'clippy',
    proves: 'Rust has no warnings',
    command: cargo('clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'),
  },
  {
    name: 'rust',
    proves: 'the core works, and the house rules hold (tidy)',
    command: cargo('test', '--workspace', '--locked'),
  },
  {
    name: 'asan',
    proves: 'the core makes no invalid access that AddressSanitizer can see',
    command: node('scripts/asan.mjs'),
  },
  {
    name: 'rustdoc',
    proves: 'the Rust documentation has no broken links',
    command: withEnv({ RUSTDOCFLAGS: '-D warnings' }, cargo('doc', '--workspace', '--no-deps', '--locked')),
  },
  {
    name: 'unsupported',
    proves: 'both crates type-check for a platform without page tracking',
    command: withEnv(
      { RUSTFLAGS: '--cfg pagefold_unsupported -D warnings' },
      cargo('check', '-p', 'pagefold-core', '-p', 'pagefold-node', '--locked', '--target-dir', 'target/unsupported'),
    ),
  },
  {
    name: 'format',
    proves: 'everything else is formatted',
    command: installed('prettier', 'prettier', '--check', '--log-level=warn', '.'),
  },
  {
    name: 'lint',
    proves: 'JavaScript and TypeScript have no lint',
    command: installed('oxlint', 'oxlint', '--deny-warnings'),
  },
  {
    name: 'scripts',
    proves: 'what these scripts decide for themselves is right',
    command: node('--test', '--test-reporter=spec', ...filesIn('scripts/test')),
  },
  {
    name: 'typescript',
    proves: 'façade, tests and benchmarks type-check',
    command: installed('typescript', 'tsc'),
  },
  {
    name: 'examples',
    proves: 'the examples type-check, as JavaScript',
    command: installed('typescript', 'tsc', '--project', 'examples'),
  },
  {
    name: 'types',
    proves: 'the published types are what a user sees',
    command: installed('typescript', 'tsc', '--project', 'tsconfig.types.json'),
  },
  {
    name: 'declarations',
    proves: 'the committed index.d.ts and wasm.d.ts are those of ts/',
    command: node('scripts/declarations.mjs', '--check'),
  },
  {
    name: 'ava',
    proves: 'the package works from JavaScript',
    command: installed('ava', 'ava'),
  },
  {
    name: 'publint',
    proves: 'the package resolves as its manifest says',
    command: installed('publint', 'publint', '--strict'),
  },
  {
    name: 'package',
    proves: 'the package holds what a user needs, and nothing else',
    command: npm('pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'),
    inspect: inspectPackage,
  },
  {
    name: 'bench',
    proves: 'every benchmark case computes the right thing',
    command: npm('run', '--silent', 'bench', '--', '--quick'),
  },
  {
    name: 'demo',
    proves: 'CPython is clean for every request',
    command: npm('run', '--silent', 'demo', '--', '--requests', String(DEMO_REQUESTS), '--json'),
    inspect: inspectDemo,
  },
];
