import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { fingerprint } from './fingerprint.mjs';
import { packageBinary } from './package-binary.mjs';
import { quietCommand } from './quiet-command.mjs';

/** The Rust core as a Node-API addon: native/pagefold.<triple>.node, its loader and its internal types. */
export const addon = {
  title: 'addon (Rust, release)',
  stamp: 'build/stamps/addon',
  isMade: () => ['.cjs', '.d.cts', '.node'].every(hasNativeFile),
  inputs: () => fingerprint(SOURCES, JSON.stringify([napiSettings(), toolchain()])),
  run: () =>
    quietCommand(process.execPath, [packageBinary('@napi-rs/cli', 'napi'), 'build', ...BUILD_OPTIONS], {
      env: process.stderr.isTTY ? { CARGO_TERM_COLOR: 'always' } : {},
    }),
};

const SOURCES = [
  'Cargo.toml',
  'Cargo.lock',
  '.cargo',
  'crates/core/Cargo.toml',
  'crates/core/src',
  'crates/node/Cargo.toml',
  'crates/node/build.rs',
  'crates/node/src',
];

const BUILD_OPTIONS = [
  '--platform',
  '--release',
  '--manifest-path=crates/node/Cargo.toml',
  '--package-json-path=package.json',
  '--output-dir=native',
  '--js=index.cjs',
  '--dts=index.d.cts',
];

function hasNativeFile(ending) {
  return existsSync('native') && readdirSync('native').some((name) => name.endsWith(ending));
}

function napiSettings() {
  const { napi, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  return { napi, version };
}

function toolchain() {
  return [process.platform, process.arch, spawnSync('rustc', ['--version'], { encoding: 'utf8' }).stdout];
}
