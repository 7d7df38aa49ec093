import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceName } from '../../lake/metrics.ts';

const run = promisify(execFile);

/** Functions that need the engine that sorts and writes Parquet, whose library is native. */
const WITH_ENGINE: readonly ServiceName[] = ['compact', 'backfill', 'forget'];
/** Packages of the engine's library by platform: what bundles leave out. */
export const ENGINE_PACKAGES = '@duckdb/node-bindings-*';
/** The one for the architecture that these functions have. */
const PACKAGE = '@duckdb/node-bindings-linux-x64';
const INSTALL_MS = 300_000;

/** Puts the engine's library beside the bundle of a function that needs it; its bytes, 0 for all others. `root` is the project's folder. */
export async function addEngine(service: ServiceName, root: string, dir: string): Promise<number> {
  if (!WITH_ENGINE.includes(service)) return 0;
  const source = await enginePackage(root);
  const target = join(dir, 'node_modules', PACKAGE);
  await mkdir(target, { recursive: true });
  const names = (await readdir(source)).filter((name) => /\.(node|so|json)$|^LICENSE$/.test(name));
  let bytes = 0;
  for (const name of names) {
    await cp(join(source, name), join(target, name));
    bytes += (await stat(join(target, name))).size;
  }
  return bytes;
}

/** Folder of the package: npm installs only that of the machine at hand, so on others it is installed on the side, in the same version. */
async function enginePackage(root: string): Promise<string> {
  const installed = join(root, 'node_modules', PACKAGE);
  if (existsSync(installed)) return installed;
  const { version } = createRequire(join(root, 'package.json'))('@duckdb/node-bindings/package.json') as { readonly version: string };
  const side = join(root, '.headrace', 'native', version);
  const path = join(side, 'node_modules', PACKAGE);
  if (!existsSync(path)) {
    process.stderr.write(`Installing ${PACKAGE} ${version} for Lambda.\n`);
    await mkdir(side, { recursive: true });
    const flags = ['--no-save', '--ignore-scripts', '--os=linux', '--cpu=x64', '--libc=glibc', '--prefix', side];
    await run('npm', ['install', ...flags, `${PACKAGE}@${version}`], { timeout: INSTALL_MS });
  }
  return path;
}
