/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** When a failed state is tried again. */
export type Retrier = {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly MaxAttempts: number;
  readonly JitterStrategy?: 'FULL';
};

/** Where a failed state leads, and where in the state data its error is put. */
export type Catcher = { readonly ErrorEquals: readonly string[]; readonly ResultPath: string; readonly Next: string };

/** One state of a state machine in Amazon States Language, JSONPath dialect. */
export type State = JsonObject & { readonly Type: string };

/** A state machine in Amazon States Language. */
export type Definition = {
  readonly Comment?: string;
  readonly QueryLanguage?: 'JSONPath';
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
};
