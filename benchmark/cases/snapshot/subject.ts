import { burst } from '../../harness/burst.ts';
import type { Subject } from '../../harness/case.ts';
import { throughput } from '../../harness/throughput.ts';
import type { Operation } from './operations.ts';

/** Bytes a second of an operation that is prepared anew for each run. */
export function operationSubject(operation: Operation, byteLength: number): Subject {
  const measure = async (): Promise<Record<string, number>> => {
    operation.prepare?.();
    const time = await burst([{ part: 'throughput', run: () => operation.run() }], { cycles: 1 });
    return throughput(time, byteLength);
  };
  return {
    name: operation.name,
    check() {
      operation.prepare?.();
      operation.run();
      operation.check();
    },
    warmUp: async () => void (await measure()),
    measure,
    dispose: () => operation.dispose?.(),
  };
}
