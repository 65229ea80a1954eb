import { createRequire } from 'node:module';

import type * as Addon from '../../../native/index.cjs';
import type * as Report from '../../../ts/report.ts';

/** The addon under the façade, which the package does not export. */
export function loadAddon(): typeof Addon {
  return createRequire(import.meta.url)('../../../native/index.cjs') as typeof Addon;
}

/** The part of the façade that makes reports, as it is published: compiled by tsc alone. */
export async function loadReport(): Promise<typeof Report> {
  const { href } = new URL('../../../dist/report.js', import.meta.url);
  return (await import(href)) as typeof Report;
}
