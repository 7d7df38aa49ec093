import type { ItemStep } from '../events.ts';
import type { Catcher, JsonObject, Retrier, State } from './language.ts';
import { MAP_RETRIES, STEP_RETRIES, TASK_TIMEOUT_S } from './retries.ts';

/** Folder of the lake's bucket that backfills work in, beside the lake; each execution has a folder of its name below it. */
export const WORK_FOLDER = 'backfill/';

/** What a definition is made for. */
export interface WorkflowPlace {
  /** ARN of the function that takes all steps. */
  readonly functionArn: string;
  /** Bucket of the work folder. */
  readonly bucket: string;
  /** The work folder in the bucket, ending in `/`; each execution has a folder below it. */
  readonly workPrefix: string;
  /** Items that are worked on at a time unless the execution's input says otherwise. */
  readonly concurrency: number;
  /** Partition of AWS; `aws` unless said. */
  readonly partition?: string;
}

/** Name of the execution: the id of the backfill, the same after a redrive. */
export const ID = '$$.Execution.Name';

/** ARN of an integration of the service, such as `lambda:invoke`. */
export function integration({ partition = 'aws' }: WorkflowPlace, name: string): string {
  return `arn:${partition}:states:::${name}`;
}

/** A catcher of everything. */
export function catchAll(next: string, resultPath = '$.failure'): Catcher {
  return { ErrorEquals: ['States.ALL'], ResultPath: resultPath, Next: next };
}

/** What differs between tasks. */
export interface TaskOptions {
  readonly payload: JsonObject;
  readonly resource?: string;
  readonly retry?: readonly Retrier[];
  readonly timeoutS?: number;
  /** `ResultPath` and `ResultSelector`; the result is dropped unless said. */
  readonly result?: JsonObject;
  /** `Next` and `Catch`, or `End`. */
  readonly leads: JsonObject;
}

/** A task that hands one event to the function. */
export function task(place: WorkflowPlace, { payload, resource = 'lambda:invoke', retry, timeoutS, result, leads }: TaskOptions): State {
  return {
    Type: 'Task',
    Resource: integration(place, resource),
    Parameters: { FunctionName: place.functionArn, Payload: payload },
    TimeoutSeconds: timeoutS ?? TASK_TIMEOUT_S,
    Retry: retry ?? STEP_RETRIES,
    ...(result ?? { ResultPath: null }),
    ...leads,
  };
}

/** What differs between maps. */
export interface MapOptions {
  readonly step: ItemStep;
  /** Most items in one call. */
  readonly itemsPerCall: number;
  /** Items at a time: one, or as many as the input says. */
  readonly isOneAtATime?: true;
  readonly leads: JsonObject;
}

/** A map over the item list of a step: each batch is a child execution that hands it to the function; one that fails ends the map. */
export function map(place: WorkflowPlace, { step, itemsPerCall, isOneAtATime, leads }: MapOptions): State {
  const name = step.charAt(0).toUpperCase() + step.slice(1);
  const work = `${name}Items`;
  const payload = { 'step.$': '$.BatchInput.step', 'id.$': '$.BatchInput.id', 'items.$': '$.Items' };
  return {
    Type: 'Map',
    Label: name,
    ItemReader: {
      Resource: integration(place, 's3:getObject'),
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: place.bucket, 'Key.$': `$.plan.items.${step}` },
    },
    ItemBatcher: { MaxItemsPerBatch: itemsPerCall, BatchInput: { step, 'id.$': ID } },
    ...(isOneAtATime ? { MaxConcurrency: 1 } : { MaxConcurrencyPath: '$.concurrency' }),
    ToleratedFailurePercentage: 0,
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: work,
      States: { [work]: task(place, { payload, result: { ResultPath: null }, leads: { End: true } }) },
    },
    ResultWriter: {
      Resource: integration(place, 's3:putObject'),
      Parameters: { Bucket: place.bucket, 'Prefix.$': `States.Format('${place.workPrefix}{}/results/${step}', ${ID})` },
    },
    ResultPath: null,
    Retry: MAP_RETRIES,
    ...leads,
  };
}
