import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Builds the Rust program of this folder if need be, which takes minutes the first time; the path of its binary. */
export function buildServer(): string {
  const args = ['build', '--release', '--locked', '--message-format=json-render-diagnostics'];
  const { status, stdout, error } = spawnSync('cargo', args, {
    cwd: FOLDER,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('cargo could not build the Rust program; it has said why');
  for (const line of stdout.split('\n')) {
    const { executable } = line.startsWith('{') ? (JSON.parse(line) as { executable?: string | null }) : {};
    if (executable != null) return executable;
  }
  throw new Error('cargo has built no program');
}
