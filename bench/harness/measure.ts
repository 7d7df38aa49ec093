/** What one run of one way is given. */
export interface Work {
  /** NDJSON file of generated payments, at least `warmUp + events` lines. */
  readonly file: string;
  /** Events that are measured. */
  readonly events: number;
  /** Events before them that are not. */
  readonly warmUp: number;
  /** Empty folder of this run. */
  readonly scratch: string;
}

/** What came out of a run. Ways that did the same have equal `exact` and nearly equal `near`. */
export interface Result {
  readonly exact: Readonly<Record<string, string | number>>;
  /** Sums of estimates. */
  readonly near?: Readonly<Record<string, number>>;
}

/** One run of one way. */
export interface Outcome {
  /** Events that the CPU time is of. */
  readonly events: number;
  /** CPU time of all threads, user and system, µs. */
  readonly cpuUs: number;
  readonly result: Result;
  /** Other figures that ratios can be of: the less the better. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A way to do the work of a measure. */
export interface Variant {
  readonly run: (work: Work) => Promise<Outcome> | Outcome;
  /** True for a way that does a part of the work only: its result says less. */
  readonly isPart?: true;
  /** Why it cannot run here; absent or undefined where it can. */
  readonly isMissing?: () => Promise<string | undefined> | string | undefined;
}

/** A ratio: how many times as much the other one takes. */
export interface RatioSpec {
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
  /** Figure that is divided; CPU time an event, if absent. */
  readonly figure?: string;
  /** What the project aims at; absent for ratios that only explain. */
  readonly target?: number;
}

/** How large a run is. */
export type Form = 'guard' | 'quick' | 'full';

/** Size of a measure in one form. */
export interface Size {
  readonly events: number;
  readonly warmUp: number;
  readonly reps: number;
}

/** A thing that is measured side by side with others. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  /** Sizes by form; a form that is not there leaves the measure out. */
  readonly sizes: Readonly<Partial<Record<Form, Size>>>;
  /** Ways by name, the project's own one first. */
  readonly variants: Readonly<Record<string, Variant>>;
  readonly ratios: readonly RatioSpec[];
  /** Absolute figures of ways that stand among the ratios. */
  readonly absolutes?: readonly { readonly name: string; readonly of: string; readonly target: number }[];
}

/** CPU time of a task, of all threads of this process, µs. */
export async function cpuOf<T>(task: () => Promise<T> | T): Promise<{ readonly cpuUs: number; readonly value: T }> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const value = await task();
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: user + system, value };
}
