import { PagefoldError } from '../errors.ts';

// The engine's own accessor: exports are ordinary objects that user code can put accessors of its own on.
const value = Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, 'value');
const getValue = value?.get as (this: WebAssembly.Global) => unknown;
const setValue = value?.set as (this: WebAssembly.Global, value: unknown) => void;

interface SavedGlobal {
  readonly global: WebAssembly.Global;
  readonly value: unknown;
}

/**
 * The values of an instance's exported mutable globals.
 *
 * @internal
 */
export class SavedGlobals {
  readonly #saved: readonly SavedGlobal[];

  /** @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` for a global whose value JavaScript cannot see. */
  constructor(exports: Iterable<[string, WebAssembly.ExportValue]>) {
    const saved: SavedGlobal[] = [];
    for (const [name, exported] of exports) {
      if (!(exported instanceof WebAssembly.Global)) continue;
      const current = read(name, exported);
      if (isMutable(exported, current)) saved.push({ global: exported, value: current });
    }
    this.#saved = saved;
  }

  /** How many mutable globals there are. */
  get count(): number {
    return this.#saved.length;
  }

  /** Puts back every value that differs; how many did. */
  restore(): number {
    let restored = 0;
    for (const { global, value } of this.#saved) {
      // Object.is, so that NaN equals itself and 0 differs from -0.
      if (!Object.is(getValue.call(global), value)) {
        setValue.call(global, value);
        restored += 1;
      }
    }
    return restored;
  }
}

function read(name: string, global: WebAssembly.Global): unknown {
  try {
    return getValue.call(global);
  } catch (cause) {
    throw new PagefoldError(
      'ERR_PAGEFOLD_UNRESTORABLE',
      `the exported global '${name}' has a type whose value JavaScript cannot read (v128, exnref)`,
      { cause },
    );
  }
}

/** Sets a global to the value that it has: an immutable one refuses. */
function isMutable(global: WebAssembly.Global, current: unknown): boolean {
  try {
    setValue.call(global, current);
    return true;
  } catch {
    return false;
  }
}
