import { PagefoldError } from '../errors.ts';
import { isGlobal, type NamedExport } from './exports.ts';

// The engine's own accessor: exports are ordinary objects that user code can put accessors of its own on.
const value = Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, 'value');
const getValue = value?.get as (this: WebAssembly.Global) => unknown;
const setValue = value?.set as (this: WebAssembly.Global, value: unknown) => void;

/**
 * The values of an instance's exported mutable globals. Of a NaN only that it is one: JavaScript does not see the bits,
 * and what is put back is the engine's own NaN.
 *
 * @internal
 */
export class SavedGlobals {
  readonly #saved: readonly (readonly [WebAssembly.Global, unknown])[];

  /** @throws {PagefoldError} `ERR_PAGEFOLD_UNRESTORABLE` for a global whose value JavaScript cannot see. */
  constructor(exports: Iterable<NamedExport>) {
    // By identity: a global can be exported under several names.
    const saved = new Map<WebAssembly.Global, unknown>();
    for (const [name, exported] of exports) {
      if (!isGlobal(exported) || saved.has(exported)) continue;
      const current = read(name, exported);
      if (isMutable(exported, current)) saved.set(exported, current);
    }
    this.#saved = [...saved];
  }

  /** How many mutable globals there are. */
  get count(): number {
    return this.#saved.length;
  }

  /** Puts back every value that differs; how many did. */
  restore(): number {
    let restored = 0;
    for (const [global, value] of this.#saved) {
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

function isMutable(global: WebAssembly.Global, current: unknown): boolean {
  return (Number.isNaN(current) && takesNumbers(global)) || takes(global, current);
}

/** Sets a global to the value that it has: an immutable one refuses. */
function takes(global: WebAssembly.Global, current: unknown): boolean {
  try {
    setValue.call(global, current);
    return true;
  } catch {
    return false;
  }
}

/** The same without setting it, which would change the bits of a NaN: the conversion to a number throws. */
function takesNumbers(global: WebAssembly.Global): boolean {
  let converted = false;
  try {
    setValue.call(global, {
      valueOf() {
        converted = true;
        throw new Error('not to be stored');
      },
    });
  } catch {
    return converted;
  }
  // A reference to the object was stored, and `takes` puts back what was there.
  return false;
}
