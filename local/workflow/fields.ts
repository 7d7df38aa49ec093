/** How the one-machine runner takes one field of a definition. */
export interface Field {
  /** Who runs it; or, with `isMeaningless`, why nothing has to. */
  readonly how: string;
  readonly isMeaningless?: true;
  /** What values it runs, in words, and the test; all if left out. */
  readonly allowed?: string;
  readonly accepts?: (value: unknown) => boolean;
  /** Fields of the object, or of each object of the list, that it holds. */
  readonly inside?: Shape;
  /** A payload template: names are free, values are looked at. */
  readonly isTemplate?: true;
}

/** Fields by name. */
export type Shape = { readonly [name: string]: Field };

/** Longest that a timer runs, seconds; a longer one would end at once. */
export const TIMER_MAX_S = 2_147_483;

const LIBRARY = 'aws-local-stepfunctions';
const OURS = 'local/workflow';
const library: Field = { how: LIBRARY };
const template: Field = { how: LIBRARY, isTemplate: true };

function only(how: string, ...values: readonly unknown[]): Field {
  return { how, allowed: values.map((one) => JSON.stringify(one)).join(', '), accepts: (value) => values.includes(value) };
}

function matching(how: string, pattern: RegExp, allowed: string): Field {
  return { how, allowed, accepts: (value) => typeof value === 'string' && pattern.test(value) };
}

function whole(how: string, min: number, max: number): Field {
  const accepts = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return { how, allowed: `an integer in ${min}..${max}`, accepts };
}

function meaningless(why: string): Field {
  return { how: why, isMeaningless: true };
}

/** A path of names: the library knows more, but not all of it as the service does. */
const path = matching(LIBRARY, /^\$(\.\w+)*$/, 'a path of names, such as $.plan.items');
const resultPath: Field = {
  how: LIBRARY,
  allowed: 'null, or a path of names',
  accepts: (value) => value === null || path.accepts?.(value) === true,
};
const comment = meaningless('for readers');
const oneBucket = meaningless('there is one object store here');

const retrier: Shape = {
  // The library takes our timeouts for failed tasks: see checkRetry.
  ErrorEquals: library,
  IntervalSeconds: library,
  BackoffRate: library,
  MaxDelaySeconds: library,
  MaxAttempts: library,
  JitterStrategy: only(LIBRARY, 'FULL', 'NONE'),
};
const catcher: Shape = { ErrorEquals: library, ResultPath: resultPath, Next: library };
const caught: Shape = { Retry: { how: LIBRARY, inside: retrier }, Catch: { how: LIBRARY, inside: catcher } };
const onwards: Shape = { Comment: comment, Next: library, End: library };

const operators: Shape = {
  Variable: path,
  IsPresent: only(LIBRARY, true),
  IsNumeric: only(LIBRARY, true),
  NumericGreaterThanEquals: library,
  BooleanEquals: library,
  StringEquals: library,
  Next: library,
};
const rule: Shape = { ...operators, Not: { how: LIBRARY, inside: operators }, And: { how: LIBRARY, inside: operators } };

const taskShape: Shape = {
  ...onwards,
  ...caught,
  Type: library,
  Resource: matching(OURS, /^arn:[\w-]+:states:::lambda:invoke(\.waitForTaskToken)?$/, 'lambda:invoke, lambda:invoke.waitForTaskToken'),
  Parameters: { how: OURS, inside: { FunctionName: meaningless('there is one function here'), Payload: template } },
  TimeoutSeconds: whole(OURS, 1, TIMER_MAX_S),
  ResultSelector: template,
  ResultPath: resultPath,
};

const processor: Shape = {
  ProcessorConfig: {
    how: OURS,
    inside: {
      Mode: only(OURS, 'DISTRIBUTED'),
      ExecutionType: meaningless('both kinds run a batch to its end here; the limits of the cheaper one do not exist'),
    },
  },
  StartAt: library,
  States: library,
};

const mapShape: Shape = {
  ...onwards,
  ...caught,
  Type: library,
  Label: meaningless('names the map run in the console'),
  ItemReader: {
    how: OURS,
    inside: {
      Resource: matching(OURS, /^arn:[\w-]+:states:::s3:getObject$/, 's3:getObject'),
      ReaderConfig: { how: OURS, inside: { InputType: only(OURS, 'JSON') } },
      Parameters: { how: OURS, isTemplate: true, inside: { Bucket: oneBucket, 'Key.$': library } },
    },
  },
  ItemBatcher: { how: OURS, inside: { MaxItemsPerBatch: whole(OURS, 1, 10_000), BatchInput: template } },
  MaxConcurrency: whole(OURS, 1, 10_000),
  MaxConcurrencyPath: path,
  ToleratedFailurePercentage: only(OURS, 0),
  ItemProcessor: { how: OURS, inside: processor },
  ResultWriter: {
    how: OURS,
    inside: {
      Resource: matching(OURS, /^arn:[\w-]+:states:::s3:putObject$/, 's3:putObject'),
      Parameters: { how: OURS, isTemplate: true, inside: { Bucket: oneBucket, 'Prefix.$': library } },
    },
  },
  ResultPath: resultPath,
};

/** Fields of states by their type. */
export const STATE_FIELDS: { readonly [type: string]: Shape } = {
  Task: taskShape,
  Map: mapShape,
  Choice: { Comment: comment, Type: library, Choices: { how: LIBRARY, inside: rule }, Default: library },
  Pass: { ...onwards, Type: library, Parameters: template, Result: library, ResultPath: resultPath },
  Succeed: { Comment: comment, Type: library },
  Fail: { Comment: comment, Type: library, Error: library, Cause: library, ErrorPath: path, CausePath: path },
};

/** Fields of the definition itself. */
export const DEFINITION_FIELDS: Shape = {
  Comment: comment,
  QueryLanguage: only(LIBRARY, 'JSONPath'),
  StartAt: library,
  States: library,
};
