import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Work } from '../harness/measure.ts';

const PROJECT = join(import.meta.dirname, '..', 'flink');
const CLASSPATH = join(PROJECT, 'target', 'classpath.txt');
const MAIN = join(PROJECT, 'target', 'classes', 'headrace', 'Cards.class');
const BUILD = ['-q', '-B', 'compile', 'dependency:build-classpath', '-Dmdep.outputFile=target/classpath.txt'];
/** What Flink needs of a JVM of today. */
const OPENS = ['java.util', 'java.lang', 'java.time'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
const BUILD_MS_MAX = 600_000;

/** Builds the job where that was not done before; says why it cannot be. */
export function flinkIsMissing(): string | undefined {
  for (const [tool, flag] of [
    ['java', '-version'],
    ['mvn', '-version'],
  ] as const) {
    if (spawnSync(tool, [flag]).status !== 0) return `there is no ${tool} here (Java 17 and Maven are needed)`;
  }
  if (existsSync(CLASSPATH) && existsSync(MAIN)) return undefined;
  const { status, stdout, stderr } = spawnSync('mvn', BUILD, { cwd: PROJECT, encoding: 'utf8', timeout: BUILD_MS_MAX });
  return status === 0 ? undefined : `Maven could not build bench/flink: ${`${stdout}${stderr}`.trim().split('\n')[0] ?? ''}`;
}

/** Runs the job, its state in the heap or, checkpointed each ten seconds, in RocksDB. Throws with what it said if it fails. */
export function runFlink({ file, events, warmUp, scratch }: Work, state: 'heap' | 'rocksdb'): Outcome {
  const classes = `${join(PROJECT, 'target', 'classes')}:${readFileSync(CLASSPATH, 'utf8').trim()}`;
  const args = ['-Xms2g', '-Xmx4g', ...OPENS, '-cp', classes, 'headrace.Cards', file, String(events), String(warmUp), state, scratch];
  const { status, stdout, stderr } = spawnSync('java', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Flink ended with ${status}: ${stderr.trim().slice(-2_000)}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Outcome;
}
