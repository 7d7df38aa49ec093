import type { Definition, JsonObject, State } from './language.ts';
import { ASK_RETRIES } from './retries.ts';
import { catchAll, ID, map, task, type WorkflowPlace } from './states.ts';

/** How long a person has to answer; the watermark goes on meanwhile, and what was compared grows old. */
export const APPROVAL_S = 7 * 86_400;
/** Slices are cut to what one call gets done; parts of tables are compared, and generations published, in a second or so each. */
const ITEMS_PER_CALL = { slices: 1, compare: 8, publish: 25 } as const;

/**
 * The backfill as a state machine. Its input is `{request: BackfillRequest, concurrency?: number}`, its data afterwards references and
 * the verdict: `{concurrency, plan: {items, hasDecisions}, summary: {next}}`. A failure before publishing leaves everything as it was; one
 * at or after publishing is taken back first.
 */
export function backfillDefinition(place: WorkflowPlace): Definition {
  return {
    Comment: 'Recomputes a range from the archive, compares it with what is published, and publishes it generation by generation.',
    StartAt: 'CheckInput',
    States: { ...beginning(place), ...computing(place), ...publishing(place), ...failing(place) },
  };
}

const step = (name: string): JsonObject => ({ step: name, 'id.$': ID });
const onwards = (next: string): JsonObject => ({ Next: next, Catch: [catchAll('ReportFailure')] });
const publishedOnwards = (next: string): JsonObject => ({ Next: next, Catch: [catchAll('Compensate')] });
const failWith = (error: string, cause: string): State => ({
  Type: 'Pass',
  Result: { Error: error, Cause: cause },
  ResultPath: '$.failure',
  Next: 'ReportFailure',
});

function beginning(place: WorkflowPlace): Record<string, State> {
  const isThere = (path: string): JsonObject => ({ Variable: path, IsPresent: true });
  return {
    CheckInput: {
      Type: 'Choice',
      Choices: [
        { Not: isThere('$.request'), Next: 'WrongInput' },
        { Not: isThere('$.concurrency'), Next: 'UsualConcurrency' },
        {
          And: [
            { Variable: '$.concurrency', IsNumeric: true },
            { Variable: '$.concurrency', NumericGreaterThanEquals: 1 },
          ],
          Next: 'Plan',
        },
      ],
      Default: 'WrongInput',
    },
    WrongInput: {
      Type: 'Fail',
      Error: 'UsageError',
      Cause:
        'input of the execution: request is missing, or concurrency is no whole number from 1; allowed: {"request": {"mode": …}, "concurrency": 8}',
    },
    UsualConcurrency: { Type: 'Pass', Result: place.concurrency, ResultPath: '$.concurrency', Next: 'Plan' },
    Plan: task(place, {
      payload: { ...step('plan'), 'request.$': '$.request' },
      result: {
        ResultSelector: { 'items.$': '$.Payload.items', 'hasDecisions.$': '$.Payload.hasDecisions' },
        ResultPath: '$.plan',
      },
      leads: onwards('Shuffle'),
    }),
    Shuffle: task(place, { payload: step('shuffle'), leads: onwards('Check') }),
  };
}

function computing(place: WorkflowPlace): Record<string, State> {
  const { slices, compare } = ITEMS_PER_CALL;
  return {
    Check: map(place, { step: 'check', itemsPerCall: slices, leads: onwards('Fold') }),
    Fold: map(place, { step: 'fold', itemsPerCall: slices, leads: onwards('Merge') }),
    Merge: map(place, { step: 'merge', itemsPerCall: slices, leads: onwards('HasDecisions') }),
    HasDecisions: {
      Type: 'Choice',
      Choices: [{ Variable: '$.plan.hasDecisions', BooleanEquals: true, Next: 'Judge' }],
      Default: 'Compare',
    },
    Judge: map(place, { step: 'judge', itemsPerCall: slices, leads: onwards('Compare') }),
    Compare: map(place, { step: 'compare', itemsPerCall: compare, leads: onwards('Summarise') }),
    Summarise: task(place, {
      payload: step('summarise'),
      result: { ResultSelector: { 'next.$': '$.Payload.next' }, ResultPath: '$.summary' },
      leads: onwards('WhatNext'),
    }),
  };
}

function publishing(place: WorkflowPlace): Record<string, State> {
  const when = (next: string, state: string): JsonObject => ({ Variable: '$.summary.next', StringEquals: next, Next: state });
  return {
    WhatNext: {
      Type: 'Choice',
      Choices: [when('ask', 'AskApproval'), when('publish', 'Publish'), when('done', 'Report'), when('fail', 'Differs')],
      Default: 'WrongVerdict',
    },
    AskApproval: task(place, {
      resource: 'lambda:invoke.waitForTaskToken',
      payload: { ...step('ask'), 'token.$': '$$.Task.Token' },
      retry: ASK_RETRIES,
      timeoutS: APPROVAL_S,
      result: { ResultPath: '$.approval' },
      leads: {
        Next: 'Publish',
        Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: '$.failure', Next: 'Expired' }, catchAll('ReportFailure')],
      },
    }),
    Publish: map(place, {
      step: 'publish',
      itemsPerCall: ITEMS_PER_CALL.publish,
      isOneAtATime: true,
      leads: publishedOnwards('Report'),
    }),
    Report: task(place, { payload: step('report'), leads: { Next: 'Succeeded', Catch: [catchAll('HasPublished')] } }),
    Succeeded: { Type: 'Succeed' },
    HasPublished: {
      Type: 'Choice',
      Choices: [{ Variable: '$.summary.next', StringEquals: 'done', Next: 'ReportFailure' }],
      Default: 'Compensate',
    },
  };
}

function failing(place: WorkflowPlace): Record<string, State> {
  const failed = (name: string): JsonObject => ({ ...step(name), 'failure.$': '$.failure' });
  return {
    Differs: failWith('VerificationDiffers', 'What was recomputed is not what is published; the report says where.'),
    Expired: failWith('ApprovalExpired', 'Nobody approved in time, so nothing was published; start the backfill again.'),
    WrongVerdict: failWith(
      'BackfillError',
      'The step summarise gave a verdict that the workflow does not know: deploy both from one build.',
    ),
    Compensate: task(place, {
      payload: failed('compensate'),
      leads: { Next: 'ReportFailure', Catch: [catchAll('NotCompensated', '$.compensation')] },
    }),
    NotCompensated: {
      Type: 'Pass',
      Parameters: { Error: 'CompensationFailed', 'Cause.$': '$.compensation.Cause' },
      ResultPath: '$.failure',
      Next: 'ReportFailure',
    },
    ReportFailure: task(place, {
      payload: failed('report'),
      result: {
        ResultSelector: { 'Error.$': '$.Payload.failure.Error', 'Cause.$': '$.Payload.failure.Cause' },
        ResultPath: '$.failure',
      },
      leads: { Next: 'Failed', Catch: [catchAll('Failed', '$.reportFailure')] },
    }),
    Failed: { Type: 'Fail', ErrorPath: '$.failure.Error', CausePath: '$.failure.Cause' },
  };
}
