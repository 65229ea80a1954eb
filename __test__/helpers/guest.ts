import loadWabt from 'wabt';

/** What the features of wabt are called. */
type Features = NonNullable<Parameters<Awaited<ReturnType<typeof loadWabt>>['parseWat']>[2]>;

const FEATURES: Features = { bulk_memory: true, mutable_globals: true, reference_types: true, simd: true };

/** Bytes a WebAssembly page. */
export const WASM_PAGE = 65_536;

/** Compiles a module from its text. */
export async function compiled(text: string, features: Features = {}): Promise<WebAssembly.Module> {
  const wabt = await loadWabt();
  const parsed = wabt.parseWat('guest.wat', text, { ...FEATURES, ...features });
  try {
    return new WebAssembly.Module(new Uint8Array(parsed.toBinary({}).buffer));
  } finally {
    parsed.destroy();
  }
}

/** An instance of a module given as text. */
export async function instantiated(text: string, imports: WebAssembly.Imports = {}): Promise<WebAssembly.Instance> {
  return new WebAssembly.Instance(await compiled(text), imports);
}

/** A guest that does to its memory what it is told. */
export interface Guest {
  readonly instance: WebAssembly.Instance;
  readonly memory: WebAssembly.Memory;
  readonly store: (address: number, byte: number) => void;
  readonly load: (address: number) => number;
  readonly fill: (address: number, byte: number, length: number) => void;
  /** `memory.grow` of the guest: the pages before, or -1. */
  readonly grow: (pages: number) => number;
  /** Writes 1, calls the import `host.call` with the argument, writes 2 where it was told to, and returns the answer. */
  readonly callOut: (address: number, argument: number) => number;
  /** Writes a byte and then traps. */
  readonly trap: (address: number, byte: number) => void;
}

const TEXT = (pages: number, maxPages: number): string => `(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") ${pages} ${maxPages})
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "callOut") (param i32 i32) (result i32) (local i32)
    (i32.store8 (local.get 0) (i32.const 1))
    (local.set 2 (call $call (local.get 1)))
    (i32.store8 (local.get 0) (i32.const 2))
    (local.get 2))
  (func (export "trap") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)) unreachable))`;

/** Instantiates the guest; `call` answers its import. */
export async function guest({
  pages = 4,
  maxPages = 1024,
  call = (argument: number): number => argument,
} = {}): Promise<Guest> {
  const instance = await instantiated(TEXT(pages, maxPages), { host: { call } });
  return { instance, ...(instance.exports as unknown as Omit<Guest, 'instance'>) };
}
