import { createHash } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import { InputGenerator } from './generator.ts';
import { memoryFault, tryInput, type Violation } from './laws.ts';
import { Paths } from './paths.ts';
import type { FuzzInput } from './pipelines.ts';
import { PrototypeWatch } from './prototypes.ts';
import { shrink } from './shrink.ts';
import type { Processed } from './target.ts';

/** Inputs between two looks at all prototypes and at memory. */
const CHUNK = 500;
/** Broken inputs shrunk and kept at most in one run; all are counted. */
const KEPT_MAX = 20;
const NS_PER_MS = 1_000_000;

/** Times in ms. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What a run of the fuzzer saw. */
export interface FuzzReport {
  readonly inputs: number;
  /** User records in them. */
  readonly records: number;
  readonly events: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Inputs that broke a law other than the one on prototypes. */
  readonly crashes: number;
  readonly prototypeChanges: number;
  readonly rssMbMax: number;
  /** Time of one stream record, unpacked and parsed; time to parse one user record. */
  readonly recordMs: Times;
  readonly unitMs: Times;
  readonly paths: number;
  readonly broken: readonly { readonly input: FuzzInput; readonly violation: Violation }[];
  /** Digest of all inputs and outcomes: equal for equal seeds. */
  readonly fingerprint: string;
}

/** One run; `inputs` of them from `seed`. */
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly onProgress?: (inputs: number) => void;
}

class Run {
  readonly paths = new Paths();
  readonly recordNs = createHistogram();
  readonly unitNs = createHistogram();
  readonly digest = createHash('sha256');
  readonly rejected: Record<string, number> = {};
  readonly broken: { input: FuzzInput; violation: Violation }[] = [];
  readonly prototypes = new PrototypeWatch();
  readonly generator: InputGenerator;
  records = 0;
  events = 0;
  crashes = 0;
  prototypeChanges = 0;
  private chunk: FuzzInput[] = [];

  constructor(seed: number) {
    this.generator = new InputGenerator(seed);
  }

  step(): void {
    const input = this.generator.next();
    this.chunk.push(input);
    const { processed, violation } = tryInput(input);
    if (processed !== undefined) this.note(input, processed);
    if (violation !== undefined) this.fail(input, violation, (one) => tryInput(one).violation?.law === violation.law);
    if (this.chunk.length === CHUNK) this.endChunk();
  }

  private note(input: FuzzInput, processed: Processed): void {
    this.recordNs.record(Math.max(1, Math.round(processed.recordMs * NS_PER_MS)));
    for (const ms of processed.unitMs) this.unitNs.record(Math.max(1, Math.round(ms * NS_PER_MS)));
    this.digest.update(input.data);
    for (const { parsed } of processed.outcomes) {
      this.records += 1;
      if ('event' in parsed) this.events += 1;
      else this.rejected[parsed.rejection.code] = (this.rejected[parsed.rejection.code] ?? 0) + 1;
    }
    if (!this.paths.add(processed, input)) return;
    this.generator.keep(input);
    this.digest.update(String(this.paths.count));
    const violation = memoryFault(processed, input);
    if (violation !== undefined) this.fail(input, violation, () => false);
  }

  private fail(input: FuzzInput, violation: Violation, stillFails: (input: FuzzInput) => boolean): void {
    if (violation.law === 'no prototype changes') this.prototypeChanges += 1;
    else this.crashes += 1;
    this.prototypes.restore();
    if (this.broken.length >= KEPT_MAX) return;
    const { pipeline } = input;
    const data = shrink(input.data, (one) => {
      const fails = stillFails({ pipeline, data: one });
      this.prototypes.restore();
      return fails;
    });
    this.broken.push({ input: { pipeline, data }, violation });
  }

  /** Looks at all prototypes; if one changed, the inputs of the chunk are gone through again to find out which did it. */
  endChunk(): void {
    const { chunk } = this;
    this.chunk = [];
    const [changed] = this.prototypes.changes();
    if (changed === undefined) return;
    const changes = (input: FuzzInput): boolean => {
      this.prototypes.restore();
      tryInput(input);
      return this.prototypes.changes().length > 0;
    };
    const culprit = chunk.find(changes) ?? { pipeline: 'payments', data: Buffer.alloc(0) };
    this.fail(culprit, { law: 'no prototype changes', what: `property ${changed}` }, changes);
  }
}

function timesOf(histogram: { percentile(share: number): number; readonly max: number; readonly count: number }): Times {
  const ms = (ns: number): number => Math.round(ns / 100) / 10_000;
  if (histogram.count === 0) return { p50: 0, p99: 0, p999: 0, max: 0 };
  return {
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    p999: ms(histogram.percentile(99.9)),
    max: ms(histogram.max),
  };
}

/** Tries inputs one after another and reports; the same seed gives the same inputs and outcomes. */
export function fuzz({ inputs, seed, onProgress }: FuzzOptions): FuzzReport {
  const run = new Run(seed);
  for (let i = 1; i <= inputs; i += 1) {
    run.step();
    if (i % 10_000 === 0) onProgress?.(i);
  }
  run.endChunk();
  return {
    inputs,
    records: run.records,
    events: run.events,
    rejected: Object.fromEntries(Object.entries(run.rejected).sort(([a], [b]) => (a < b ? -1 : 1))),
    crashes: run.crashes,
    prototypeChanges: run.prototypeChanges,
    // The greatest the process ever had, as the system counts it, in KiB.
    rssMbMax: Math.ceil(process.resourceUsage().maxRSS / 1_024),
    recordMs: timesOf(run.recordNs),
    unitMs: timesOf(run.unitNs),
    paths: run.paths.count,
    broken: run.broken,
    fingerprint: run.digest.digest('hex'),
  };
}
