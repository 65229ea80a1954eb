import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../../../examples/python-server.mjs', import.meta.url));

/** What the server says of itself on GET /metrics, as far as it is used here. */
export type Metrics = ReadonlyMap<string, number>;

/** The example's server, a process of its own on a free port of loopback. */
export class PythonServer {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(args: readonly string[]): Promise<PythonServer> {
    const server = spawn(process.execPath, [SERVER, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.stdout });
    const ended = once(server, 'exit').then(([code]) => {
      throw new Error(`the server ended with code ${code} before it listened`);
    });
    ended.catch(() => undefined);
    const listening = (async () => {
      for await (const line of lines) {
        const found = /^listening on (\S+)$/.exec(line);
        if (found?.[1] !== undefined) return found[1];
      }
      return ended;
    })();
    const url = await Promise.race([listening, ended]);
    server.stdout.resume();
    return new PythonServer(url, server);
  }

  async metrics(): Promise<Metrics> {
    const response = await fetch(new URL('metrics', this.url));
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const [name = '', value] = line.split(' ');
        return [name, Number(value)];
      }),
    );
  }

  stop(): void {
    this.#process.kill('SIGTERM');
  }
}
