/**
 * The parts of Pyodide's JavaScript side that these examples read or put back.
 * None of them is a promise of Pyodide's: they were read in the version that
 * package.json pins.
 */

/** A node of Emscripten's in-memory file system. */
export interface FileNode {
  id: number;
  name: string;
  parent: FileNode;
  /** The next node in the same slot of the name table. */
  name_next: FileNode | undefined;
  mode: number;
  atime: number;
  mtime: number;
  ctime: number;
  /** A directory's entries by name, or a file's bytes (with spare room at the end). */
  contents: Record<string, FileNode> | Uint8Array | undefined;
  usedBytes?: number;
  mounted: { root: FileNode } | null;
}

/** An open descriptor. Descriptors made by `dup` share `shared`. */
export interface FileStream {
  [field: string]: unknown;
  node: FileNode;
  shared: Record<string, unknown>;
}

type Write = (
  stream: FileStream,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
  canOwn?: boolean,
) => number;

export interface MemoryFileSystem {
  stream_ops: { write: Write };
  /** The tables that nodes share; made with the first node. */
  ops_table: { file: { stream: { write: Write } } };
  resizeFileStorage(node: FileNode, byteLength: number): void;
}

export interface FileSystem {
  root: FileNode;
  streams: (FileStream | null | undefined)[];
  nameTable: (FileNode | undefined)[];
  currentPath: string;
  nextInode: number;
  filesystems: { MEMFS: MemoryFileSystem };
  hashName(parentId: number, name: string): number;
  hashAddNode(node: FileNode): void;
  hashRemoveNode(node: FileNode): void;
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
  ErrnoError: new (errno: number) => Error;
}

/** What every copy of one PyProxy shares; `ptr` is the Python object's address, 0 when destroyed. */
export interface ProxyShare {
  ptr: number;
  destroyed_msg: string | undefined;
}

export interface Finalization {
  register(target: object, held: unknown, token?: object): void;
  unregister(token: object): void;
}

/** `pyodide._module`, Emscripten's module object. */
export interface EmscriptenModule {
  HEAPU32: Uint32Array;
  FS: FileSystem;
  DNS: { address_map: { id: number; addrs: Record<string, string>; names: Record<string, string> } };
  SOCKFS: { createSocket(family: number, type: number, protocol: number): never };
  LDSO: { loadedLibsByName: Record<string, unknown> };
  wasmTable: WebAssembly.Table;
  freeTableIndexes: number[];
  timers: Record<string, { id: NodeJS.Timeout }>;
  jspiSupported: boolean;
  finalizationRegistry: Finalization;
  /** How many JavaScript values Python holds. */
  _hiwire_num_refs(): number;
  __hiwire_get(index: number): unknown;
  __hiwire_set(index: number, value: unknown): number;
  __hiwire_immortal_get(index: number): unknown;
}

/** The functions that WebAssembly imports from Pyodide's JavaScript, by name. */
export type Imports = Record<string, (...args: never[]) => unknown>;

/** Thrown when Python raised; `type` is the exception's class name, `message` its traceback. */
export interface PythonError extends Error {
  type: string;
}
