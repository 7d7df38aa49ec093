import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { SERVICES, type ServiceName } from '../../lake/metrics.ts';
import { addEngine, ENGINE_PACKAGES } from './native.ts';
import { pipelinePlugin } from './pipeline-plugin.ts';

/** One built function. */
export interface BuiltFunction {
  readonly service: ServiceName;
  /** Folder with `index.mjs`: what Lambda gets. */
  readonly dir: string;
  /** Minified bytes that are loaded at every start. */
  readonly startBytes: number;
  /** Minified bytes that are loaded only when something rare needs them. */
  readonly laterBytes: number;
  /** Bytes of native libraries beside the code. */
  readonly nativeBytes: number;
  /** SDK clients in what is loaded at every start, such as `client-kinesis`; and in the rest. */
  readonly startClients: readonly string[];
  readonly laterClients: readonly string[];
}

/** What to build, and where to. */
export interface BuildOptions {
  /** The project's folder. */
  readonly root: string;
  readonly pipeline: string;
  /** Folder that gets one folder for each function. */
  readonly outDir: string;
}

const ENTRY = 'index.mjs';
/** Packages in CommonJS ask for Node's own modules by `require`, which ES modules do not have. */
const BANNER = "import{createRequire as headraceRequire}from'node:module';const require=headraceRequire(import.meta.url);";

/** Builds all functions with one pipeline inside; the same sources give the same bytes. */
export async function buildFunctions(options: BuildOptions): Promise<BuiltFunction[]> {
  const built: BuiltFunction[] = [];
  for (const service of SERVICES) built.push(await buildFunction(service, options));
  return built;
}

async function buildFunction(service: ServiceName, { root, pipeline, outDir }: BuildOptions): Promise<BuiltFunction> {
  const dir = join(outDir, service);
  await rm(dir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: join('functions', service, 'lambda.ts') },
    outdir: dir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // What `import()` asks for becomes a file of its own, which starts do not read.
    splitting: true,
    // The ES modules of packages: only what is used of them goes in.
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    legalComments: 'none',
    // A comment names the map; stack traces need its positions, not the sources.
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    banner: { js: BANNER },
    external: [ENGINE_PACKAGES],
    plugins: [await pipelinePlugin(root, pipeline)],
    logLevel: 'error',
  });
  return { service, dir, nativeBytes: await addEngine(service, root, resolve(root, dir)), ...partsOf(metafile) };
}

type Parts = Omit<BuiltFunction, 'service' | 'dir' | 'nativeBytes'>;

function partsOf({ outputs }: Metafile): Parts {
  const code = Object.entries(outputs).filter(([path]) => path.endsWith('.mjs'));
  const starting = new Set<string>();
  const visit = (path: string): void => {
    if (starting.has(path)) return;
    starting.add(path);
    for (const { path: target, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement' && target in outputs) visit(target);
  };
  for (const [path, { entryPoint }] of code) if (entryPoint?.endsWith('lambda.ts') && path.endsWith(ENTRY)) visit(path);
  const start = code.filter(([path]) => starting.has(path));
  const later = code.filter(([path]) => !starting.has(path));
  return { startBytes: sizeOf(start), laterBytes: sizeOf(later), startClients: clientsOf(start), laterClients: clientsOf(later) };
}

type Outputs = readonly (readonly [string, Metafile['outputs'][string]])[];

function sizeOf(outputs: Outputs): number {
  return outputs.reduce((sum, [, { bytes }]) => sum + bytes, 0);
}

function clientsOf(outputs: Outputs): string[] {
  const inputs = outputs.flatMap(([, output]) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const names = inputs.flatMap((path) => /node_modules\/@aws-sdk\/(client-[a-z0-9-]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
