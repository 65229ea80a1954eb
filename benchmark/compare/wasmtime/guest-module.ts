import wabt from 'wabt';

export const PAGE_BYTES = 4096;
const WASM_PAGE_BYTES = 65_536;
const DATA_SECTION = 11;

/** The text of the guest, but for its data. */
function guestText(slotBytes: number): string {
  const wasmPages = slotBytes / WASM_PAGE_BYTES;
  return `
    (module
      (memory (export "memory") ${wasmPages} ${wasmPages})

      ;; The word of a page that is read and written: another one in each page, as far as they go.
      (func $address (param $page i32) (result i32)
        (i32.add
          (i32.mul (local.get $page) (i32.const ${PAGE_BYTES}))
          (i32.mul (i32.and (local.get $page) (i32.const 1023)) (i32.const 4))))

      ;; Reads a word of each resident page, then reads and changes a word of each page that it makes dirty.
      (func (export "run")
        (param $first_page i32) (param $dirty_pages i32) (param $stride i32) (param $resident_pages i32) (result i32)
        (local $page i32) (local $at i32) (local $word i32) (local $sum i32)
        (loop $read
          (local.set $word (i32.load (call $address (local.get $page))))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $word)))
          (local.set $page (i32.add (local.get $page) (i32.const 1)))
          (br_if $read (i32.lt_u (local.get $page) (local.get $resident_pages))))
        (local.set $page (local.get $first_page))
        (loop $write
          (local.set $at (call $address (local.get $page)))
          (local.set $word (i32.load (local.get $at)))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $word)))
          (i32.store (local.get $at) (i32.add (local.get $word) (i32.const 0x9e3779b9)))
          (local.set $page (i32.add (local.get $page) (local.get $stride)))
          (local.set $dirty_pages (i32.sub (local.get $dirty_pages) (i32.const 1)))
          (br_if $write (local.get $dirty_pages)))
        (local.get $sum)))`;
}

/** The guest: ready as soon as it is instantiated, because its state is a data segment at the start of the memory. */
export async function guestModule(slotBytes: number, contents: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const parsed = (await wabt()).parseWat('guest.wat', guestText(slotBytes), { bulk_memory: false });
  const code = parsed.toBinary({}).buffer;
  parsed.destroy();
  // Appended as bytes: as text, 32 MiB of data would be 96 MiB. Of the known sections, data comes last.
  const toAddressZero = [1, 0, 0x41, 0, 0x0b];
  const header = [...toAddressZero, ...leb128(contents.length)];
  const section = [DATA_SECTION, ...leb128(header.length + contents.length), ...header];
  const binary = new Uint8Array(code.length + section.length + contents.length);
  binary.set(code);
  binary.set(section, code.length);
  binary.set(contents, code.length + section.length);
  return binary;
}

/** An unsigned number as WebAssembly writes it: seven bits a byte, the lowest first. */
function leb128(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) | 128, ...leb128(rest)];
}
