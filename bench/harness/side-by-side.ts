import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { differencesOf } from './equality.ts';
import type { Measure, Outcome, Size, Work } from './measure.ts';

/** Outcomes of a measure: by way, one for each repeat. What is missing has its reason instead. */
export interface Runs {
  readonly outcomes: ReadonlyMap<string, readonly Outcome[]>;
  readonly missing: ReadonlyMap<string, string>;
}

/** Does one run of one way, in a process of its own. Throws with what it said if it fails. */
export type RunOne = (measure: Measure, variant: string, work: Work) => Outcome;

const WORKER = join(import.meta.dirname, 'worker.ts');
const NODE_OPTIONS = ['--expose-gc', '--max-old-space-size=8192'];
const OUTPUT_BYTES_MAX = 2 ** 26;

/** Runs a way by `worker.ts`. */
export const runInProcess: RunOne = ({ name }, variant, work) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...NODE_OPTIONS, WORKER, name, variant, JSON.stringify(work)], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status !== 0) throw new Error(`${variant} of ${name} ended with ${status}: ${stderr.trim().slice(-2_000)}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Outcome;
};

/** How runs are made. */
export interface SideBySideOptions {
  readonly size: Size;
  readonly file: string;
  readonly scratch: string;
  readonly runOne: RunOne;
  /** Hears what is being done, one line each. */
  readonly tell: (line: string) => void;
}

/**
 * Runs all ways of a measure, interleaved, each repeat in the other order than the one before. Throws as soon as two ways have different
 * results: what did not do the same work is not compared.
 */
export async function runSideBySide(measure: Measure, options: SideBySideOptions): Promise<Runs> {
  const missing = await missingOf(measure);
  const names = Object.keys(measure.variants).filter((name) => !missing.has(name));
  const outcomes = new Map<string, Outcome[]>(names.map((name) => [name, []]));
  for (let rep = 0; rep < options.size.reps; rep += 1) {
    for (const name of rep % 2 === 0 ? names : names.toReversed()) {
      if (missing.has(name)) continue;
      const outcome = outcomeOf(measure, name, options);
      if (typeof outcome === 'string') {
        missing.set(name, outcome);
        outcomes.delete(name);
        continue;
      }
      outcomes.get(name)?.push(outcome);
      options.tell(`${measure.name} ${rep + 1}/${options.size.reps} ${name}: ${(outcome.cpuUs / outcome.events).toFixed(2)} us an event`);
      checkEqual(measure, outcomes);
    }
  }
  for (const [name, reason] of missing) options.tell(`${measure.name}: ${name} left out: ${reason}`);
  return { outcomes, missing };
}

async function missingOf({ variants }: Measure): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  for (const [name, { isMissing }] of Object.entries(variants)) {
    const reason = await isMissing?.();
    if (reason !== undefined) missing.set(name, reason);
  }
  return missing;
}

/** The outcome of a run, or why a peer gave none. The project's own way has to run. */
function outcomeOf(measure: Measure, name: string, options: SideBySideOptions): Outcome | string {
  try {
    return oneRun(measure, name, options);
  } catch (error) {
    if (!measure.ratios.some(({ theirs }) => theirs === name)) throw error;
    return error instanceof Error ? error.message.replace(/\s+/g, ' ').slice(0, REASON_LENGTH_MAX) : String(error);
  }
}

const REASON_LENGTH_MAX = 300;

function oneRun(measure: Measure, name: string, { size, file, scratch, runOne }: SideBySideOptions): Outcome {
  const folder = join(scratch, `${measure.name}-${name}`.replace(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  try {
    return runOne(measure, name, { file, events: size.events, warmUp: size.warmUp, scratch: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws if any two outcomes so far differ. */
function checkEqual({ name, variants }: Measure, outcomes: ReadonlyMap<string, readonly Outcome[]>): void {
  const all = [...outcomes].flatMap(([variant, runs]) => runs.map(({ result }) => ({ variant, result })));
  const [first] = all;
  if (first === undefined) return;
  for (const { variant, result } of all.slice(1)) {
    const differences = differencesOf(first.result, result, variants[variant]?.isPart);
    if (differences.length === 0) continue;
    throw new Error(`${name}: ${first.variant} and ${variant} did not do the same, so there is no ratio: ${differences.join('; ')}`);
  }
}
