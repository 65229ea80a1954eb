// Adopts a memory with the tracker that the first argument names, and tells what came of it.
import { MemoryView, PagefoldError, type TrackerChoice } from 'pagefold';

const [wanted] = process.argv.slice(2);

try {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const view = MemoryView.adopt(memory, wanted === undefined ? {} : { tracker: wanted as TrackerChoice });
  view.snapshot();
  view.bytes[1] = 1;
  const dirty = view.dirty().pageCount;
  view.reset();
  console.log(JSON.stringify({ tracker: view.tracker, rejected: view.rejected, dirty, byte: view.bytes[1] }));
} catch (error) {
  if (!(error instanceof PagefoldError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
