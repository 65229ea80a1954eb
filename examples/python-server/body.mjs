/** Reads a request's body as text, up to a limit. */

import { Refusal } from './refusal.mjs';

/** @import { IncomingMessage } from 'node:http' */

/**
 * @param {IncomingMessage} request
 * @param {number} byteLengthMax
 * @returns {Promise<string>}
 * @throws {Refusal} 413 when it is longer, 400 when it is not UTF-8
 */
export async function readBody(request, byteLengthMax) {
  const tooLong = new Refusal(413, 'BodyTooLong', `the body may have ${byteLengthMax} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > byteLengthMax) throw tooLong;

  /** @type {Buffer[]} */
  const chunks = [];
  let byteLength = 0;
  for await (const chunk of request) {
    byteLength += chunk.length;
    if (byteLength > byteLengthMax) throw tooLong;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Refusal(400, 'BodyNotText', 'the body has to be UTF-8 text');
  }
}
