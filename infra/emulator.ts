import { type App, Aspects, CfnResource, CliCredentialsStackSynthesizer, Fn, type IAspect, type IStackSynthesizer } from 'aws-cdk-lib';
import { CfnNamedQuery } from 'aws-cdk-lib/aws-athena';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnRole, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { configurationError } from './errors.ts';

/** One thing that is otherwise when the app is deployed to an emulator. */
export interface EmulatorDifference {
  /** CloudFormation type of the resources it is about; `stacks` for the stacks themselves. */
  readonly resource: string;
  /** What is done to them. */
  readonly done: string;
  readonly why: string;
  /** Does it to a resource that it is about; others pass. Not there if it is done where stacks are made. */
  readonly apply?: (resource: CfnResource) => void;
}

/** What no policy needs to be about. */
const NO_OBJECT = 'arn:aws:s3:::none/none';
/** End of the name of the rule by which landing files start compaction. */
const COMPACTION_EVENT = '-compact-event';
/** Variable that has a function put each row in a delivery record of its own. */
const RECORD_ROWS_MAX = 'HEADRACE_RECORD_ROWS_MAX';

/** End of the name of the function of backfills, and variables by which it reads files itself, and at once. */
const BACKFILL_FUNCTION = '-backfill';
const BACKFILL_READER = { HEADRACE_LAKE_READER: 'files', HEADRACE_LANDING_MS: '0' } as const;

/** All that is otherwise in an emulator; everything else is deployed as it is to an account. */
export const EMULATOR_DIFFERENCES: readonly EmulatorDifference[] = [
  {
    resource: 'AWS::Athena::NamedQuery',
    done: 'left out',
    why: 'the emulator does not know the type',
    apply: (resource) => {
      if (resource instanceof CfnNamedQuery) leaveOut(resource);
    },
  },
  {
    resource: 'AWS::CloudWatch::Alarm',
    done: 'left out where they calculate from several metrics',
    why: 'the emulator refuses alarms with metric math',
    apply: (resource) => {
      if (resource instanceof CfnAlarm && resource.metrics !== undefined) leaveOut(resource);
    },
  },
  {
    resource: 'stacks',
    done: "deployed with the caller's credentials",
    why: 'the emulator, when it enforces permissions, does not let the roles of the bootstrap stack be used',
  },
  {
    resource: 'AWS::IAM::Role',
    done: 'sns:PublishBatch added beside sns:Publish',
    why: 'SNS asks for sns:Publish for batches too; the emulator, when it enforces permissions, for an action that IAM does not have',
    apply: (resource) => {
      if (resource instanceof CfnRole) for (const document of policiesOf(resource)) letPublishBatches(document);
    },
  },
  {
    resource: 'AWS::SNS::TopicPolicy, AWS::SQS::QueuePolicy, AWS::S3::BucketPolicy',
    done: 'the refusal of what does not come over TLS left out',
    why: 'the endpoint of the emulator is plain HTTP, and it enforces these policies when it enforces permissions',
    apply: (resource) => {
      if (resource instanceof CfnTopicPolicy || resource instanceof CfnQueuePolicy || resource instanceof CfnBucketPolicy)
        letPlainHttpIn(resource);
    },
  },
  {
    resource: 'AWS::Events::Rule',
    done: 'switched off where landing files start compaction',
    why: 'the emulator lands an object for each row, and would start the function for each of them',
    apply: (resource) => {
      if (resource instanceof CfnRule && resource.name?.endsWith(COMPACTION_EVENT) === true) resource.state = 'DISABLED';
    },
  },
  {
    resource: 'AWS::Lambda::Function',
    done: `variable ${RECORD_ROWS_MAX}=1 added; to the function of backfills ${Object.entries(BACKFILL_READER)
      .map((one) => one.join('='))
      .join(', ')}`,
    why: 'the emulator does not take records of several rows apart; its Athena lacks UNLOAD and looks past the locations of partitions',
    apply: (resource) => {
      if (!(resource instanceof CfnFunction)) return;
      const more = resource.functionName?.endsWith(BACKFILL_FUNCTION) === true ? BACKFILL_READER : {};
      for (const [name, value] of Object.entries({ [RECORD_ROWS_MAX]: '1', ...more }))
        resource.addPropertyOverride(`Environment.Variables.${name}`, value);
    },
  },
  {
    resource: 'AWS::StepFunctions::StateMachine',
    done: 'batches of items of its maps made of one item each',
    why: 'the emulator passes over ItemBatcher',
    apply: (resource) => {
      if (resource instanceof CfnStateMachine) resource.definitionString = withoutBatches(resource);
    },
  },
];

/** Whether the context value `emulator` is set. Throws ConfigurationError. */
export function isForEmulator(value: unknown): boolean {
  if (value === undefined || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw configurationError('context value emulator', value, 'true, false; such as --context emulator=true');
}

/** Makes the app one that an emulator can deploy. */
export function fitEmulator(app: App): void {
  const aspect: IAspect = {
    visit: (construct) => {
      if (CfnResource.isCfnResource(construct)) for (const { apply } of EMULATOR_DIFFERENCES) apply?.(construct);
    },
  };
  Aspects.of(app).add(aspect);
}

function policiesOf({ policies }: CfnRole): PolicyDocument[] {
  const given: unknown[] = Array.isArray(policies) ? policies : [];
  return given
    .map((policy) => (typeof policy === 'object' && policy !== null ? Reflect.get(policy, 'policyDocument') : undefined))
    .filter((document) => document instanceof PolicyDocument);
}

function letPublishBatches(document: PolicyDocument): void {
  if (JSON.stringify(document.toJSON()).includes('"sns:Publish"'))
    document.addStatements(new PolicyStatement({ sid: 'PublishBatches', actions: ['sns:PublishBatch'], resources: ['*'] }));
}

/** Makes what deploys a stack with the credentials of whoever runs the command. */
export function emulatorSynthesizer(): IStackSynthesizer {
  // The library's own class and interface differ in one optional property under strict types.
  return new CliCredentialsStackSynthesizer() as IStackSynthesizer;
}

function letPlainHttpIn(resource: CfnTopicPolicy | CfnQueuePolicy | CfnBucketPolicy): void {
  const { policyDocument } = resource;
  if (!(policyDocument instanceof PolicyDocument)) return;
  const { Statement: statements, ...rest } = policyDocument.toJSON() as { readonly Statement: readonly { readonly Effect: string }[] };
  const left = statements.filter(({ Effect: effect }) => effect !== 'Deny');
  // Others wait for the policy of a bucket: there it stays, about nothing.
  if (left.length === 0 && resource instanceof CfnBucketPolicy)
    resource.policyDocument = { ...rest, Statement: statements.map((one) => ({ ...one, Resource: NO_OBJECT })) };
  else if (left.length === 0) leaveOut(resource);
  else resource.policyDocument = { ...rest, Statement: left };
}

function leaveOut(resource: CfnResource): void {
  resource.node.scope?.node.tryRemoveChild(resource.node.id);
}

/** Batches of a map, as the text of a definition has them. */
const BATCHES = /"ItemBatcher":\{"MaxItemsPerBatch":\d+,"BatchInput":(\{[^{}]*\})\}/g;
const ONE_BY_ONE = '"ItemSelector":{"BatchInput":$1,"Items.$":"States.Array($$$$.Map.Item.Value)"}';

/** The text of a definition whose maps hand on batches of one item. */
function withoutBatches({ stack, definitionString }: CfnStateMachine): string {
  const rewrite = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(BATCHES, ONE_BY_ONE);
    return Array.isArray(value) ? value.map(rewrite) : value;
  };
  const { 'Fn::Join': parts } = stack.resolve(definitionString) as { readonly 'Fn::Join': readonly [string, readonly unknown[]] };
  return Fn.join(parts[0], rewrite(parts[1]) as string[]);
}
