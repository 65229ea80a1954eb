// How many measures a snapshot and a reset have led to.
import { MemoryView } from 'pagefold';

const view = MemoryView.adopt(new WebAssembly.Memory({ initial: 1 }));
view.snapshot();
view.reset();
view.dispose();
console.log(performance.getEntriesByType('measure').length);
