/** The npm that started this script, or else the one on the path: a command, its first arguments, spawn options. */
export function npmCommand() {
  const started = process.env.npm_execpath;
  if (started?.endsWith('npm-cli.js')) return { command: process.execPath, first: [started], options: {} };
  return { command: 'npm', first: [], options: { shell: process.platform === 'win32' } };
}
