import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const REQUIRED = [
  'CHANGELOG.md',
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'README.md',
  'dist/cli/main.js',
  'dist/index.js',
  'dist/wasm/index.js',
  'index.d.ts',
  'native/index.d.cts',
  'native/index.cjs',
  'package.json',
  'wasm.d.ts',
];

/** Compares the file list of `npm pack --json` with what must be, and what may be, in the package. */
export function inspectPackage(output) {
  const [{ files, unpackedSize }] = JSON.parse(output);
  const packed = files.map(({ path }) => path);
  const built = readdirSync('ts', { recursive: true })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => `dist/${path.replaceAll('\\', '/').replace(/\.ts$/, '.js')}`);
  const expected = new Set([...REQUIRED, ...built]);

  const absent = [...expected].filter((path) => !packed.includes(path));
  const junk = packed.filter((path) => !expected.has(path));
  assert.deepEqual({ absent, junk }, { absent: [], junk: [] }, `absent: ${absent.join(' ')}; junk: ${junk.join(' ')}`);
  assertNoInstallScript();
  console.log(`${packed.length} files, ${Math.round(unpackedSize / 1024)} KiB unpacked`);
}

/** npm 12 does not run install scripts, and a binding.gyp counts as one. */
function assertNoInstallScript() {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.equal(scripts[name], undefined, `package.json has the install script ${name}`);
  }
  assert.ok(!existsSync('binding.gyp'), 'there is a binding.gyp');
}
