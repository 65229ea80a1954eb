import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createBundle } from 'dts-buddy';
import { format, resolveConfig } from 'prettier';

import { markPrivateConstructors, readModules, separateDocumented } from './page-text.mjs';

const STAGE = 'build/declarations';

/**
 * The declarations in `folder` as one formatted text for each page. The first page declares what the pages share; the
 * others stand in a folder each, and import from it whatever lies outside that folder.
 */
export async function rollUp(folder, [shared, ...others]) {
  rmSync(STAGE, { recursive: true, force: true });
  cpSync(folder, join(STAGE, 'types'), { recursive: true });
  for (const { entry } of others) importSharedFrom(shared.module, join(STAGE, 'types', entry, '..'));

  const pages = [shared, ...others];
  const output = join(STAGE, 'modules.d.ts');
  await createBundle({
    project: 'tsconfig.build.json',
    include: [join(STAGE, 'types')],
    modules: Object.fromEntries(pages.map(({ module, entry }) => [module, join(STAGE, 'types', entry)])),
    output,
  });

  const imported = `from './${shared.page.replace('.d.ts', '.js')}'`;
  const modules = readModules(readFileSync(output, 'utf8'));
  return Promise.all(
    pages.map(async ({ page, module }) => {
      const text = modules.get(module)?.replaceAll(`from '${shared.module}'`, imported);
      if (text === undefined) throw new Error(`${output} declares no module '${module}'`);
      const style = { ...(await resolveConfig(page)), parser: 'typescript' };
      return { page, text: separateDocumented(await format(markPrivateConstructors(text), style)) };
    }),
  );
}

/** Makes every import that leaves a folder one of the module that declares those types on a page of its own. */
function importSharedFrom(module, folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(\bfrom )'\.\.\/[^']+'/g, `$1'${module}'`));
  }
}
