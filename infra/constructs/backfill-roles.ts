import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { WORK_FOLDER } from '../../functions/backfill/workflow/states.ts';
import { LAKE_FOLDER } from '../../lake/delivery-format.ts';
import { CORRECTIONS_KEY, LOADS_KEY } from '../../lake/names.ts';
import { RULES_FOLDER } from '../../lake/rules/log.ts';
import type { Installation } from '../installation.ts';
import { arnOf, bucketArn, type Names } from '../names.ts';
import { keyAccess } from './permissions.ts';
import type { Permission } from './pipeline-function.ts';
import type { Storage } from './storage.ts';

/** What the steps may do: read the lake, publish generations as compaction does, work in their folder, query, read state, ask a person. */
export function backfillAccess(installation: Installation, storage: Storage): Permission[] {
  const { names, operatorTopicArn, operationsKey } = installation;
  const lake = (folder: string): string => bucketArn(names.lakeBucket, `${LAKE_FOLDER}*/${folder}*`);
  return [
    { sid: 'ReadLanding', actions: ['s3:GetObject'], resources: [lake('landing/')] },
    { sid: 'Generations', actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], resources: [lake('gen=')] },
    { sid: 'Manifests', actions: ['s3:GetObject', 's3:PutObject'], resources: [lake('manifest/')] },
    {
      sid: 'Corrections',
      actions: ['s3:GetObject', 's3:PutObject'],
      resources: [bucketArn(names.lakeBucket, LAKE_FOLDER + CORRECTIONS_KEY)],
    },
    { sid: 'Rules', actions: ['s3:GetObject'], resources: [bucketArn(names.lakeBucket, `${LAKE_FOLDER}${RULES_FOLDER}*`)] },
    { sid: 'Loads', actions: ['s3:GetObject'], resources: [bucketArn(names.lakeBucket, LAKE_FOLDER + LOADS_KEY)] },
    {
      sid: 'Work',
      actions: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
      resources: [bucketArn(names.lakeBucket, `${WORK_FOLDER}*`)],
    },
    {
      sid: 'Buckets',
      actions: ['s3:GetBucketLocation', 's3:ListBucket'],
      resources: [names.lakeBucket, names.resultsBucket].map((one) => bucketArn(one)),
    },
    catalogue(installation),
    ...queries(names),
    // An answer that was given to an earlier question of the same backfill.
    {
      sid: 'GoOn',
      actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
      resources: [arnOf('states', `stateMachine:${names.backfill}`)],
    },
    { sid: 'AskOperators', actions: ['sns:Publish'], resources: [operatorTopicArn] },
    { sid: 'AskOperatorsKey', actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [operationsKey.keyArn] },
    keyAccess(storage.stateKey, storage.lakeKey),
  ];
}

function catalogue({ names, tables }: Installation): Permission {
  return {
    sid: 'Catalogue',
    actions: ['glue:BatchCreatePartition', 'glue:BatchUpdatePartition', 'glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable'],
    resources: [
      arnOf('glue', 'catalog'),
      arnOf('glue', `database/${names.landingDatabase}`),
      ...tables.map(({ name }) => arnOf('glue', `table/${names.landingDatabase}/${name}`)),
    ],
  };
}

/** The shuffle, in the workgroup and under its limits; results go where those of people go. */
function queries({ workgroup, resultsBucket }: Names): Permission[] {
  return [
    {
      sid: 'Queries',
      actions: ['athena:GetQueryExecution', 'athena:GetQueryResults', 'athena:StartQueryExecution', 'athena:StopQueryExecution'],
      resources: [arnOf('athena', `workgroup/${workgroup}`)],
    },
    {
      sid: 'QueryResults',
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
      resources: [bucketArn(resultsBucket, 'results/*')],
    },
  ];
}

/** What the state machine may do: call the steps, start and end the children of its maps, read item lists, write results, log, trace. */
export function machineAccess(
  names: Names,
  { functionArn, lakeKey }: { readonly functionArn: string; readonly lakeKey: IKey },
): Permission[] {
  const work = bucketArn(names.lakeBucket, `${WORK_FOLDER}*`);
  const execution = (what: string): string => arnOf('states', `execution:${names.backfill}${what}`);
  return [
    { sid: 'Steps', actions: ['lambda:InvokeFunction'], resources: [functionArn] },
    { sid: 'StartChildren', actions: ['states:StartExecution'], resources: [arnOf('states', `stateMachine:${names.backfill}`)] },
    {
      sid: 'Children',
      actions: ['states:DescribeExecution', 'states:RedriveExecution', 'states:StopExecution'],
      resources: [execution(':*'), execution('/*')],
    },
    {
      sid: 'ItemsAndResults',
      actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
      resources: [work],
    },
    keyAccess(lakeKey),
    // Deliveries of logs know no resources: see acknowledgements.ts.
    {
      sid: 'Logs',
      actions: [
        ...['Create', 'Delete', 'Get', 'Update'].map((verb) => `logs:${verb}LogDelivery`),
        ...['logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups'],
      ],
      resources: ['*'],
    },
    {
      sid: 'Traces',
      actions: ['xray:GetSamplingRules', 'xray:GetSamplingTargets', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      resources: ['*'],
    },
  ];
}

/** Role by which the schedule starts the state machine, and nothing else. */
export function starterRole(scope: Construct, { backfill }: Names): Role {
  const start: Permission = { sid: 'Start', actions: ['states:StartExecution'], resources: [arnOf('states', `stateMachine:${backfill}`)] };
  return roleOf(scope, 'StarterRole', { service: 'events', description: 'Starts the nightly check.', permissions: [start] });
}

/** A role of a service with these permissions and no others. */
export function roleOf(
  scope: Construct,
  id: string,
  {
    service,
    description,
    permissions,
  }: { readonly service: string; readonly description: string; readonly permissions: readonly Permission[] },
): Role {
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal(`${service}.amazonaws.com`),
    description,
    inlinePolicies: {
      [id]: new PolicyDocument({
        statements: permissions.map(
          ({ sid, actions, resources }) => new PolicyStatement({ sid, actions: [...actions], resources: [...resources] }),
        ),
      }),
    },
  });
}
