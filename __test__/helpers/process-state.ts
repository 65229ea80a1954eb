import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether the system tells what a process has open and mapped. */
export const tellsProcessState = existsSync('/proc/self/maps') && existsSync('/proc/self/fd');

/** Descriptors of this process. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/**
 * Descriptors of the kinds that pagefold opens. For tests in which threads are ended: an engine does not close the source file
 * that such a thread was reading.
 */
export function ownDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => OWN.test(linkOf(descriptor))).length;
}

const OWN = /^\/memfd:pagefold|userfaultfd|^\/proc\/\d+\/(?:pagemap|maps)$/u;

/** Empty for one that was closed meanwhile, as that of the listing is. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

/** Mappings of this process. */
export function mappings(): number {
  return mappingLines().length;
}

/** Mappings of images: memory files of pagefold. */
export function imageMappings(): number {
  return mappingLines().filter((line) => line.includes('memfd:')).length;
}

/** Address space of this process in bytes. */
export function addressSpace(): number {
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

function mappingLines(): string[] {
  return readFileSync('/proc/self/maps', 'utf8').trimEnd().split('\n');
}
