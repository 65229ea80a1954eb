import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { heapContents } from '../../cases/reset/resident-heap.ts';
import type { Cell } from './grid.ts';
import { checksumOf, type Work } from './guest-model.ts';
import { guestModule, PAGE_BYTES } from './guest-module.ts';
import type { Place } from './server.ts';

/** A module that both sides run, and what each call has to return. */
export interface Guest {
  /** The file of the module. */
  readonly path: string;
  readonly module: WebAssembly.Module;
  readonly slotBytes: number;
  /** Of the resident pages; the others are zero and not used. */
  readonly contents: Uint8Array;
  readonly work: Work;
  readonly places: readonly Place[];
}

type Compiled = Pick<Guest, 'path' | 'module' | 'contents'>;

/** The guests of cells, each module made once. */
export class Guests {
  readonly #folder: string;
  readonly #compiled = new Map<string, Compiled>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of({ slotBytes, residentPages, dirtyPages, stride, firstPages }: Cell): Promise<Guest> {
    const name = `${slotBytes}-${residentPages}.wasm`;
    const compiled = this.#compiled.get(name) ?? (await this.#compile(name, slotBytes, residentPages));
    const work = { residentPages, dirtyPages, stride };
    const places = firstPages.map((firstPage) => ({
      firstPage,
      checksum: checksumOf(compiled.contents, work, firstPage),
    }));
    return { ...compiled, slotBytes, work, places };
  }

  async #compile(name: string, slotBytes: number, residentPages: number): Promise<Compiled> {
    const contents = heapContents(residentPages * PAGE_BYTES);
    const binary = await guestModule(slotBytes, contents);
    const path = join(this.#folder, name);
    writeFileSync(path, binary);
    const compiled = { path, contents, module: new WebAssembly.Module(binary) };
    this.#compiled.set(name, compiled);
    return compiled;
  }
}
