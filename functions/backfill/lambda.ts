import { AthenaClient } from '@aws-sdk/client-athena';
import { SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { compilePlan } from '../../core/plan.ts';
import { landedTable } from '../../lake/delivery-format.ts';
import { archiveTable } from '../../lake/raw-tables.ts';
import { createRowBuilder } from '../../lake/rows.ts';
import { RuleSets } from '../../lake/rules/sets.ts';
import { tablesOf } from '../../lake/tables.ts';
import { AthenaArchive } from '../adapters/athena-archive.ts';
import { AthenaSql } from '../adapters/athena-sql.ts';
import { clientOptions } from '../adapters/client-options.ts';
import { deployedLake } from '../adapters/lake-ports.ts';
import { answerTask } from '../adapters/step-functions.ts';
import { lazy } from '../lazy.ts';
import { deadlineOf, type LambdaContext } from '../observability/context.ts';
import { openLog } from '../observability/log.ts';
import { traced } from '../observability/trace.ts';
import { pipelineNamed } from '../pipeline.ts';
import { processFolder } from '../process-folder.ts';
import { taskAnswer } from './approval.ts';
import { ArchiveFiles } from './archive-files.ts';
import { type BackfillConfig, backfillConfig } from './config.ts';
import { withCpu } from './cpu.ts';
import { type BackfillEvent, STILL_RUNNING } from './events.ts';
import { createBackfill } from './handler.ts';
import type { ApprovalQuestion, BackfillPorts } from './ports.ts';
import { TablesSql } from './table-files.ts';
import { Work } from './work.ts';
import { WORK_FOLDER } from './workflow/states.ts';

const CALL_TIMEOUT_MS = 60_000;
/** Half of the function's memory is the engine's; one generation is written at a time. */
const ENGINE_MB = 768;
const WRITER_MB = 256;

const log = openLog();
const retry = { random: Math.random };

const open = lazy(async () => {
  const ports = portsOf(backfillConfig(process.env));
  return { work: ports.work, backfill: createBackfill(ports) };
});

function portsOf(config: BackfillConfig): BackfillPorts {
  const { pipeline, rules } = pipelineNamed(config.pipeline);
  const { lake, folderOf } = deployedLake({
    bucket: config.lakeBucket,
    database: config.database,
    folder: processFolder('backfill'),
    writerMb: WRITER_MB,
    callTimeoutMs: CALL_TIMEOUT_MS,
    retry,
  });
  const work = folderOf(WORK_FOLDER);
  const tables = tablesOf(pipeline).map(landedTable);
  const sets = new RuleSets(lake.objects, pipeline, rules);
  const sfn = new SFNClient(clientOptions(CALL_TIMEOUT_MS));
  return {
    plan: compilePlan(pipeline),
    rows: createRowBuilder(pipeline),
    tables,
    lake,
    work,
    workPrefix: WORK_FOLDER,
    ...readersOf(config, { lake, work, tables }),
    rulesOf: (version) => sets.of(version),
    landingMs: config.landingMs,
    engineMb: ENGINE_MB,
    askPeople: askBy(config),
    // A token that nobody waits with any more was answered by another try of this step.
    goOn: async (id, token, given) => void (await answerTask(sfn, retry, { token, answer: taskAnswer(id, given) })),
  };
}

/** What reads the archive and the ledger. */
function readersOf(
  config: BackfillConfig,
  { lake, work, tables }: Pick<BackfillPorts, 'lake' | 'work' | 'tables'>,
): Pick<BackfillPorts, 'archive' | 'sql'> {
  if (config.lakeReader === 'files') {
    const options = { lake, work, memoryMb: ENGINE_MB, threads: 1 };
    return {
      archive: new ArchiveFiles({ ...options, archive: landedTable(archiveTable()) }),
      sql: new TablesSql(options, tables),
    };
  }
  const { workgroup, database, lakeBucket } = config;
  const sql = new AthenaSql({ client: new AthenaClient(clientOptions(CALL_TIMEOUT_MS)), workgroup, database, retry });
  const workUri = `s3://${lakeBucket}/${WORK_FOLDER}`;
  return { sql, archive: new AthenaArchive({ sql, landingDatabase: database, work: work.objects, workUri }) };
}

function askBy({ operatorTopicArn }: BackfillConfig): (question: ApprovalQuestion) => Promise<void> {
  const client = new SNSClient(clientOptions(CALL_TIMEOUT_MS));
  return async ({ id, text }) => {
    await client.send(new PublishCommand({ TopicArn: operatorTopicArn, Subject: `Backfill ${id} waits for an approval`, Message: text }));
  };
}

/** Entry of the state machine, and of people for an estimate or to give a backfill up: one step a call. */
export async function handler(event: BackfillEvent, context: LambdaContext): Promise<unknown> {
  const ids = { request: context.awsRequestId, step: event.step, backfill: event.id };
  try {
    const { work, backfill } = await open();
    const nowMs = Date.now();
    const signal = AbortSignal.timeout(Math.max(0, deadlineOf(context, nowMs) - nowMs));
    const step = (): Promise<unknown> => traced('backfill', ids, () => backfill(event, signal));
    const isCounted = event.step !== 'estimate' && event.step !== 'report';
    const outcome = await (isCounted ? withCpu(new Work(work, event.id), context.awsRequestId, step) : step());
    log.info('a step of a backfill is done', ids);
    return outcome ?? {};
  } catch (error) {
    if (error instanceof Error && error.name === STILL_RUNNING) log.info('the engine is still at work', ids);
    else log.error('a step of a backfill failed; the workflow says what becomes of it', error, ids);
    throw error;
  }
}
