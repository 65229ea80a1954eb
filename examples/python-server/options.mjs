/** The server's command line. */

import { parseArgs } from 'node:util';

export const USAGE = `Usage: node examples/python-server.mjs [options]

  --host HOST          address to listen on (127.0.0.1)
  --port PORT          port to listen on, 0 for any (8000)
  --interpreters COUNT how many, each in a thread of its own (4)
  --timeout MS         how long a program may run (5000)
  --max-body BYTES     longest program (1048576)
  --max-output BYTES   longest stdout, stderr and result, each (1048576)
  --max-memory MIB     Python's memory, give or take a fifth (512)
  --max-files MIB      what one program may add to files (64)
  --max-queue COUNT    requests that may wait for their turn (64)
  --reset WHEN         always; or never, which is not what the server is for: programs then find what
                       earlier ones have left. Shows what clean interpreters cost (always)
  --help
`;

/**
 * @typedef {object} ServerOptions
 * @property {string} host
 * @property {number} port
 * @property {number} interpreters
 * @property {boolean} resets
 * @property {number} timeoutMilliseconds
 * @property {number} bodyByteLengthMax
 * @property {number} outputByteLengthMax
 * @property {number} memoryByteLengthMax
 * @property {number} fileByteLengthMax
 * @property {number} queueLengthMax
 */

const MEBIBYTE = 2 ** 20;

/**
 * @param {string[]} args
 * @returns {ServerOptions | 'help'}
 * @throws {Error} whose message is fit to print
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8000' },
      interpreters: { type: 'string', default: '4' },
      reset: { type: 'string', default: 'always' },
      timeout: { type: 'string', default: '5000' },
      'max-body': { type: 'string', default: '1048576' },
      'max-output': { type: 'string', default: '1048576' },
      'max-memory': { type: 'string', default: '512' },
      'max-files': { type: 'string', default: '64' },
      'max-queue': { type: 'string', default: '64' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.reset !== 'always' && values.reset !== 'never') {
    throw new Error(`--reset takes always or never, not '${values.reset}'`);
  }
  return {
    host: values.host,
    port: wholeNumber('port', values.port, 0, 65_535),
    interpreters: wholeNumber('interpreters', values.interpreters, 1, 64),
    resets: values.reset === 'always',
    timeoutMilliseconds: wholeNumber('timeout', values.timeout, 1, 3_600_000),
    bodyByteLengthMax: wholeNumber('max-body', values['max-body'], 1, 64 * MEBIBYTE),
    outputByteLengthMax: wholeNumber('max-output', values['max-output'], 1, 256 * MEBIBYTE),
    // Python alone takes 30 MiB.
    memoryByteLengthMax: wholeNumber('max-memory', values['max-memory'], 48, 4096) * MEBIBYTE,
    fileByteLengthMax: wholeNumber('max-files', values['max-files'], 0, 4096) * MEBIBYTE,
    queueLengthMax: wholeNumber('max-queue', values['max-queue'], 0, 100_000),
  };
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 * @param {number} most
 */
function wholeNumber(name, text, least, most) {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) {
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`);
  }
  return number;
}
