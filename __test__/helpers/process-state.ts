import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether the system tells what a process has open and mapped. */
export const tellsProcessState = existsSync('/proc/self/maps') && existsSync('/proc/self/fd');

/** Descriptors of this process. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
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
