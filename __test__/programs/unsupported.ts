// Tries every way into pagefold and tells, for each, the error that came.
import { doctor, MemoryView, PagefoldError, Region, Snapshot } from 'pagefold';
import { InstanceSnapshot } from 'pagefold/wasm';

const memory = new WebAssembly.Memory({ initial: 1 });
const WAYS: Record<string, () => unknown> = {
  'Region.allocate': () => Region.allocate(1),
  'Region.allocate, mappable': () => Region.allocate(1, { mappable: true }),
  'Region.open': () => Region.open('file'),
  'MemoryView.adopt': () => MemoryView.adopt(memory),
  'MemoryView.adopt, by name': () => MemoryView.adopt(memory, { tracker: 'compare' }),
  'Snapshot.capture': () => Snapshot.capture(new Uint8Array(1)),
  'Snapshot.open': () => Snapshot.open('file'),
  'Snapshot.openAsync': () => Snapshot.openAsync('file'),
  'InstanceSnapshot.capture': () => InstanceSnapshot.capture({ exports: { memory } }),
};

const outcomes: Record<string, { code: string; message: string; cause: string }> = {};
for (const [name, way] of Object.entries(WAYS)) {
  try {
    await way();
    outcomes[name] = { code: 'none', message: '', cause: '' };
  } catch (error) {
    const { code } = error instanceof PagefoldError ? error : { code: 'another error' };
    const { message, cause } = error as Error;
    outcomes[name] = { code, message, cause: String(cause) };
  }
}
console.log(JSON.stringify({ doctor: doctor(), outcomes }));
