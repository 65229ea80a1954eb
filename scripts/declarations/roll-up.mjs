import { dirname, relative, resolve } from 'node:path'

import { format, resolveConfig } from 'prettier'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'

/**
 * One page with everything that an entry's declarations reach, formatted. `shared` names the module that already
 * declares whatever lies outside the entry's own folder; those types are imported from there, not repeated.
 */
export async function rollUp(page, entry, shared) {
  const bundle = await rollup({
    input: entry,
    plugins: [shared && importFrom(shared, dirname(resolve(entry))), dts()],
    onwarn: failOnWarning,
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const style = await resolveConfig(page)
  return format(spaced(output[0].code), { ...style, parser: 'typescript' })
}

/** A blank line before every documented declaration and member. */
function spaced(code) {
  return code.replace(/([;}])\n(?=\s*\/\*\*)/g, '$1\n\n')
}

function importFrom(shared, folder) {
  return {
    name: 'import-shared-declarations',
    resolveId(source, importer) {
      if (importer === undefined || !source.startsWith('.')) return null
      const outside = relative(folder, resolve(dirname(importer), source)).startsWith('..')
      return outside ? { id: shared, external: true } : null
    },
  }
}

function failOnWarning(warning) {
  throw new Error(warning.message)
}
