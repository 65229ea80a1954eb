import { createRequire } from 'node:module';
import process from 'node:process';

import type * as Addon from '../native/index.cjs';
import { PagefoldError } from './errors.ts';

/** @internal */
export type Binding = typeof Addon;

type Loaded = { binding: Binding } | { failure: unknown };

let loaded: Loaded | undefined;

/**
 * The addon, loaded at first use, so that `import 'pagefold'` works everywhere and only its use does not.
 *
 * @internal
 * @throws {PagefoldError} `ERR_PAGEFOLD_UNSUPPORTED` when there is no addon for this system.
 */
export function binding(): Binding {
  loaded ??= load();
  if ('binding' in loaded) return loaded.binding;
  const { platform, arch } = process;
  throw new PagefoldError(
    'ERR_PAGEFOLD_UNSUPPORTED',
    `pagefold has no native addon for ${platform}-${arch}, or it could not be loaded. It needs Linux on x64 or arm64. ` +
      'If this is such a system, reinstall with optional dependencies enabled; `cause` says what was tried.',
    { cause: loaded.failure },
  );
}

function load(): Loaded {
  try {
    return { binding: createRequire(import.meta.url)('../native/index.cjs') as Binding };
  } catch (failure) {
    return { failure };
  }
}
