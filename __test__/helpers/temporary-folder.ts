import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ExecutionContext } from '#test';

/** A new folder, removed after the test. */
export function temporaryFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'pagefold-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
