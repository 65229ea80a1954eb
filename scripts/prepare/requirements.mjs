import { spawnSync } from 'node:child_process';

/** What this project needs before it can install or build anything; one line for each thing that is missing. */
export function missingRequirements() {
  return [nodeProblem(process.versions.node), cargoProblem(installedCargo())].filter(Boolean);
}

export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  const usable = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  return usable
    ? undefined
    : `Node.js ${version} cannot be used: install 20.19, 22.12, 24 or newer (https://nodejs.org)`;
}

export function cargoProblem(version) {
  const wanted = 'install Rust 1.89 or newer (https://rustup.rs)';
  if (version === undefined) return `cargo was not found: ${wanted}`;
  const [major, minor] = version.split('.').map(Number);
  return major > 1 || minor >= 89 ? undefined : `cargo ${version} is too old: ${wanted}`;
}

function installedCargo() {
  const { stdout } = spawnSync('cargo', ['--version'], { encoding: 'utf8' });
  return /^cargo (\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}
