/** The contents of every `declare module '…' { … }` by name, as text of a module of its own. */
export function readModules(text) {
  const found = text.matchAll(/^declare module '([^']+)' \{\n(.*?)^\}$/gms);
  return new Map(Array.from(found, ([, name, contents]) => [name, contents.replace(/^\t/gm, '')]));
}

/**
 * A class with private fields that shows no constructor has one that is stripped as internal. Without a word about it
 * TypeScript would take it for one that anybody may call.
 */
export function markPrivateConstructors(text) {
  return text.replace(/^export class .*?^\}$/gms, (declaration) =>
    /^\tconstructor\(/m.test(declaration)
      ? declaration
      : declaration.replace(/^\t#private;$/m, '$&\n\tprivate constructor();'),
  );
}

/** A blank line before every documented declaration and member, except the first of its block. */
export function separateDocumented(text) {
  return text.replace(/([;}])\n(?=\s*\/\*\*)/g, '$1\n\n');
}
