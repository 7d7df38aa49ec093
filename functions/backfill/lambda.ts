import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { usageError } from '../../core/errors.ts';
import { compilePlan } from '../../core/plan.ts';
import { compileRules, type RuleSet } from '../../core/rules/compile.ts';
import { parseRuleSet } from '../../core/rules/source.ts';
import { ruleSetKey } from '../../core/state/keys.ts';
import { GenerationWriter } from '../../lake/compaction/writer.ts';
import { LAKE_FOLDER, landedTable } from '../../lake/delivery-format.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { tablesOf } from '../../lake/tables.ts';
import { AthenaArchive } from '../adapters/athena-archive.ts';
import { AthenaSql } from '../adapters/athena-sql.ts';
import { clientOptions } from '../adapters/client-options.ts';
import { DynamoStateStore } from '../adapters/dynamo-state-store.ts';
import { GlueCatalogue } from '../adapters/glue-catalogue.ts';
import { S3ObjectFiles } from '../adapters/s3-object-files.ts';
import { S3ObjectStore } from '../adapters/s3-object-store.ts';
import { lazy } from '../lazy.ts';
import type { LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { type BackfillConfig, backfillConfig } from './config.ts';
import { type BackfillEvent, STILL_RUNNING } from './events.ts';
import { createBackfill } from './handler.ts';
import type { ApprovalQuestion, BackfillPorts } from './ports.ts';
import { WORK_FOLDER } from './workflow/states.ts';

const CALL_TIMEOUT_MS = 60_000;
/** Half of the function's memory is the engine's; one generation is written at a time. */
const ENGINE_MB = 768;
const WRITER_MB = 256;
/** Firehose lands within its buffer of up to 15 minutes; what takes four times as long is an outage with an alarm of its own. */
const LANDING_MS = 3_600_000;

const log = openLog();
const retry = { random: Math.random };

const open = lazy(async () => createBackfill(portsOf(backfillConfig(process.env))));

function portsOf(config: BackfillConfig): BackfillPorts {
  const { pipeline, rules } = pipelineNamed(config.pipeline);
  const client = new S3Client(clientOptions(CALL_TIMEOUT_MS));
  const folder = join(tmpdir(), 'headrace-backfill');
  const [inLake, inWork] = [LAKE_FOLDER, WORK_FOLDER].map((prefix) => ({ client, bucket: config.lakeBucket, prefix, retry })) as [
    ConstructorParameters<typeof S3ObjectStore>[0],
    ConstructorParameters<typeof S3ObjectStore>[0],
  ];
  const lakeFiles = new S3ObjectFiles({ ...inLake, folder: join(folder, 'lake') });
  const work = { objects: new S3ObjectStore(inWork), files: new S3ObjectFiles({ ...inWork, folder: join(folder, 'work') }) };
  const sql = new AthenaSql({
    client: new AthenaClient(clientOptions(CALL_TIMEOUT_MS)),
    workgroup: config.workgroup,
    database: config.database,
    retry,
  });
  return {
    plan: compilePlan(pipeline),
    rows: createRowBuilder(pipeline),
    tables: tablesOf(pipeline).map(landedTable),
    lake: {
      objects: new S3ObjectStore(inLake),
      files: lakeFiles,
      writer: new GenerationWriter({ scratch: lakeFiles.scratch('writer'), memoryMb: WRITER_MB }),
      catalogue: new GlueCatalogue({
        client: new GlueClient(clientOptions(CALL_TIMEOUT_MS)),
        database: config.database,
        lakeUri: `s3://${config.lakeBucket}/${LAKE_FOLDER}`,
        retry,
      }),
      clock: Date.now,
    },
    work,
    workPrefix: WORK_FOLDER,
    sql,
    archive: new AthenaArchive({
      sql,
      landingDatabase: config.database,
      work: work.objects,
      workUri: `s3://${config.lakeBucket}/${WORK_FOLDER}`,
    }),
    rulesOf: rulesFrom(config, { pipeline, rules }),
    landingMs: LANDING_MS,
    engineMb: ENGINE_MB,
    askPeople: askBy(config),
    goOn: async () => {
      throw usageError(
        'answer',
        'one that was given before',
        'none: answers go to the state machine itself, with the token of the question',
      );
    },
  };
}

/** The rules that this build has, and all that were ever in force. */
function rulesFrom(config: BackfillConfig, { pipeline, rules }: ReturnType<typeof pipelineNamed>): BackfillPorts['rulesOf'] {
  const store = new DynamoStateStore({
    client: new DynamoDBClient(clientOptions(CALL_TIMEOUT_MS)),
    table: config.stateTable,
    clock: Date.now,
    retry,
  });
  return async (version): Promise<RuleSet | undefined> => {
    if (version === rules.version) return compileRules(rules, pipeline, version);
    const [item] = await store.get([ruleSetKey(version)]);
    return item === undefined ? undefined : compileRules(parseRuleSet(item.body), pipeline, version);
  };
}

function askBy({ operatorTopicArn }: BackfillConfig): (question: ApprovalQuestion) => Promise<void> {
  const client = new SNSClient(clientOptions(CALL_TIMEOUT_MS));
  return async ({ id, text }) => {
    await client.send(new PublishCommand({ TopicArn: operatorTopicArn, Subject: `Backfill ${id} waits for an approval`, Message: text }));
  };
}

/** Entry of the state machine: one step a call. */
export async function handler(event: BackfillEvent, context: LambdaContext): Promise<unknown> {
  const ids = { request: context.awsRequestId, step: event.step, backfill: event.id };
  try {
    const backfill = await open();
    const outcome = await traced('backfill', ids, () => backfill(event));
    log.info('a step of a backfill is done', ids);
    return outcome ?? {};
  } catch (error) {
    if (error instanceof Error && error.name === STILL_RUNNING) log.info('the engine is still at work', ids);
    else log.error('a step of a backfill failed; the workflow says what becomes of it', error, ids);
    throw error;
  }
}
