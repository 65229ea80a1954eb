/**
 * The files of the guest. Emscripten keeps them in JavaScript objects, outside
 * the memory that a reset restores. Putting them back costs a look at each node
 * of the baseline (a few dozen), whatever the request wrote.
 *
 * A file of the baseline is copied when it is first written to, because
 * Emscripten writes into its array in place.
 */

/** @import { FileNode, FileSystem } from '../pyodide-internals.d.ts' */

/** Errors of the C library, as Emscripten numbers them. */
const NO_SPACE_LEFT = 51;

export class Files {
  /** @type {FileSystem} */ #fs;
  /** @type {SavedNode[]} */ #nodes;
  /** @type {Set<FileNode>} baseline files whose array is still the baseline's */ #pristine;
  #fileCount;
  #nameTable;
  /** @type {Set<number>} slots of the name table that the request changed */ #rehashed = new Set();
  #currentPath;
  #nextInode;
  #byteLengthMax;
  #byteLengthGrown = 0;

  /**
   * @param {FileSystem} fs
   * @param {{ byteLengthMax: number }} limits how much one request may add to files
   */
  constructor(fs, { byteLengthMax }) {
    this.#fs = fs;
    this.#byteLengthMax = byteLengthMax;
    this.#nodes = reachableNodes(fs);
    this.#pristine = this.#baselineFiles();
    this.#fileCount = this.#pristine.size;
    this.#nameTable = [...fs.nameTable];
    this.#currentPath = fs.currentPath;
    this.#nextInode = fs.nextInode;
    this.#interceptNames();
    this.#interceptWrites();
  }

  /** @returns {number} how many nodes had been changed */
  restore() {
    const fs = this.#fs;
    let changed = 0;
    for (const saved of this.#nodes) if (saved.restore()) changed += 1;
    for (const hash of this.#rehashed) fs.nameTable[hash] = this.#nameTable[hash];
    this.#rehashed.clear();
    fs.currentPath = this.#currentPath;
    fs.nextInode = this.#nextInode;
    if (this.#pristine.size < this.#fileCount) this.#pristine = this.#baselineFiles();
    this.#byteLengthGrown = 0;
    return changed;
  }

  #baselineFiles() {
    return new Set(this.#nodes.map(({ node }) => node).filter((node) => this.#fs.isFile(node.mode)));
  }

  #interceptNames() {
    const fs = this.#fs;
    const { hashAddNode, hashRemoveNode } = fs;
    fs.hashAddNode = (node) => {
      this.#rehashed.add(fs.hashName(node.parent.id, node.name));
      hashAddNode(node);
    };
    fs.hashRemoveNode = (node) => {
      this.#rehashed.add(fs.hashName(node.parent.id, node.name));
      hashRemoveNode(node);
    };
  }

  #interceptWrites() {
    const memfs = this.#fs.filesystems.MEMFS;
    const { write } = memfs.stream_ops;
    const { resizeFileStorage } = memfs;

    /** @type {typeof write} */
    const guardedWrite = (stream, buffer, offset, length, position, canOwn) => {
      this.#grow(stream.node, position + length);
      this.#unshare(stream.node);
      return write(stream, buffer, offset, length, position, canOwn);
    };
    // Nodes share this table, so descriptors that are already open are covered too.
    memfs.ops_table.file.stream.write = guardedWrite;
    memfs.stream_ops.write = guardedWrite;
    memfs.resizeFileStorage = (node, byteLength) => {
      this.#grow(node, byteLength);
      resizeFileStorage(node, byteLength);
    };
  }

  /**
   * @param {FileNode} node
   * @param {number} byteLength
   */
  #grow(node, byteLength) {
    const growth = Math.max(0, byteLength - (node.usedBytes ?? 0));
    if (this.#byteLengthGrown + growth > this.#byteLengthMax) throw new this.#fs.ErrnoError(NO_SPACE_LEFT);
    this.#byteLengthGrown += growth;
  }

  /** @param {FileNode} node */
  #unshare(node) {
    if (!this.#pristine.delete(node)) return;
    if (node.contents instanceof Uint8Array) node.contents = node.contents.slice();
  }
}

/**
 * @param {FileSystem} fs
 * @returns {SavedNode[]}
 */
function reachableNodes(fs) {
  /** @type {Map<FileNode, SavedNode>} */
  const saved = new Map();
  const waiting = [fs.root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (saved.has(node)) continue;
    saved.set(node, new SavedNode(node));
    if (node.mounted !== null) waiting.push(node.mounted.root);
    if (isDirectoryContents(node.contents)) waiting.push(...Object.values(node.contents));
  }
  return [...saved.values()];
}

/** What can change in a node. */
class SavedNode {
  /** @param {FileNode} node */
  constructor(node) {
    this.node = node;
    this.name = node.name;
    this.parent = node.parent;
    this.name_next = node.name_next;
    this.mode = node.mode;
    this.atime = node.atime;
    this.mtime = node.mtime;
    this.ctime = node.ctime;
    this.usedBytes = node.usedBytes;
    this.contents = node.contents;
    this.entries = isDirectoryContents(node.contents) ? Object.entries(node.contents) : undefined;
  }

  /** @returns {boolean} whether something had changed */
  restore() {
    const { node, entries } = this;
    const sameContents = entries === undefined ? node.contents === this.contents : hasEntries(node, entries);
    if (sameContents && this.#sameFields()) return false;
    node.name = this.name;
    node.parent = this.parent;
    node.name_next = this.name_next;
    node.mode = this.mode;
    node.atime = this.atime;
    node.mtime = this.mtime;
    node.ctime = this.ctime;
    if (this.usedBytes !== undefined) node.usedBytes = this.usedBytes;
    if (!sameContents) node.contents = entries === undefined ? this.contents : Object.fromEntries(entries);
    return true;
  }

  #sameFields() {
    const { node } = this;
    return (
      node.mtime === this.mtime &&
      node.ctime === this.ctime &&
      node.atime === this.atime &&
      node.name_next === this.name_next &&
      node.parent === this.parent &&
      node.name === this.name &&
      node.mode === this.mode &&
      node.usedBytes === this.usedBytes
    );
  }
}

/**
 * The same names in the same order, for the same nodes.
 * @param {FileNode} directory
 * @param {[string, FileNode][]} entries
 */
function hasEntries({ contents }, entries) {
  if (!isDirectoryContents(contents)) return false;
  let index = 0;
  for (const name in contents) {
    const entry = entries[index];
    if (entry === undefined || entry[0] !== name || entry[1] !== contents[name]) return false;
    index += 1;
  }
  return index === entries.length;
}

/**
 * @param {FileNode['contents']} contents
 * @returns {contents is Record<string, FileNode>}
 */
function isDirectoryContents(contents) {
  return contents !== undefined && !(contents instanceof Uint8Array);
}
