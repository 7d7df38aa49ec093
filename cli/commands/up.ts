import { usageError } from '../../core/errors.ts';
import { type LoadedPipeline, loadPipeline } from '../../local/pipeline.ts';
import { type RunningPipeline, startPipeline } from '../../local/runtime/up.ts';
import { type Command, DATA_FLAG, helpText, JSON_FLAG, PIPELINE_FLAG } from '../command.ts';
import { startDemo } from '../demo.ts';
import { type Flags, noPositionals, readFlags } from '../flags.ts';
import { thingsText, writeErr, writeOut } from '../output.ts';
import { type LiveLine, liveLine } from '../progress.ts';
import { sampleEvent } from '../sample.ts';
import { stopSignal, whenStopped } from '../stop.ts';
import { ACCEPT_COLD_FLAG, sayWarmed } from '../warm.ts';

const FLAGS = {
  data: DATA_FLAG,
  port: {
    kind: 'whole',
    value: 'N',
    min: 0,
    max: 65_535,
    fallback: 4567,
    help: 'TCP port of the Kinesis endpoint on 127.0.0.1, 0 for any',
  },
  pipeline: PIPELINE_FLAG,
  shards: { kind: 'whole', value: 'N', min: 1, max: 64, fallback: 2, help: 'shards of a new stream' },
  'batch-size': { kind: 'whole', value: 'N', min: 1, max: 10_000, fallback: 1_000, help: 'records for each call of the processor at most' },
  'flush-seconds': { kind: 'whole', value: 'N', min: 1, max: 3_600, fallback: 15, help: 'time between two landings in the lake' },
  demo: { kind: 'switch', help: 'send a small generated load of payments' },
  'accept-cold': ACCEPT_COLD_FLAG,
  json: JSON_FLAG,
} as const satisfies Flags;

const SUMMARY = 'Runs the whole pipeline on this machine until Ctrl-C: Kinesis endpoint, processor, lake.';
/** The generator writes events of this pipeline. */
const DEMO_PIPELINE = 'payments';
const DEMO_EVENTS_PER_SECOND = 20;
/** How often the live line looks for news, ms. */
const LOOK_MS = 200;
const DATA_DEFAULT = DATA_FLAG.fallback;
const PIPELINE_DEFAULT = PIPELINE_FLAG.fallback;

/** `headrace up`: the live pipeline. */
export const command: Command = {
  name: 'up',
  summary: SUMMARY,
  help: helpText({
    usage: 'up [flags]',
    summary: SUMMARY,
    flags: FLAGS,
    notes: ['Ctrl-C drains the stream and lands the lake; the next start goes on from there. A second Ctrl-C stops at once.'],
    examples: [
      ['up --demo', 'with a small generated load'],
      ['up --data D --port 5000 --shards 4', 'for your own producers'],
      ['up --pipeline examples/sensor-readings --data S', 'another pipeline'],
    ],
  }),
  run: async (args) => {
    const { flags, positionals } = readFlags(FLAGS, args);
    noPositionals(positionals, FLAGS);
    const loaded = await loadPipeline(flags.pipeline);
    const { name } = loaded.pipeline;
    if (flags.demo && name !== DEMO_PIPELINE)
      throw usageError('--demo', `pipeline ${name}`, `pipeline ${DEMO_PIPELINE}, whose events the load is made of`);
    const stop = stopSignal();
    const line = liveLine(process.stderr, Date.now, 'lag');
    const onRetry = oncePerBurst((message) => line.say(`Trying again: ${message}`), Date.now);
    const running = await startPipeline({
      dataDir: flags.data,
      loaded,
      port: flags.port,
      shardCount: flags.shards,
      batchSize: flags['batch-size'],
      flushMs: flags['flush-seconds'] * 1000,
      onRetry,
      acceptCold: flags['accept-cold'],
      onWarm: (warmed) => sayWarmed(warmed, line.say),
    });
    writeOut(flags.json ? startJson(running) : welcome(running, loaded, { isDemo: flags.demo, flushSeconds: flags['flush-seconds'] }));
    await untilStopped(running, { stop, line, isDemo: flags.demo, onRetry });
    writeOut(flags.json ? endJson(running) : farewell(running));
    return 0;
  },
};

interface Session {
  readonly stop: AbortSignal;
  readonly line: LiveLine;
  readonly isDemo: boolean;
  readonly onRetry: (message: string) => void;
}

/** Shows progress until the signal fires, then ends the load, drains and lands the lake. */
async function untilStopped(running: RunningPipeline, { stop, line, isDemo, onRetry }: Session): Promise<void> {
  const look = setInterval(() => line.show(running.progress()), LOOK_MS);
  const { endpoint, streamName } = running;
  const demo = isDemo
    ? startDemo({ endpoint, stream: streamName, eventsPerSecond: DEMO_EVENTS_PER_SECOND, clock: Date.now, onFailure: onRetry })
    : undefined;
  try {
    const failure = await Promise.race([whenStopped(stop), running.failed]);
    line.end();
    if (failure instanceof Error) line.say(`The pipeline cannot go on: ${failure.message}`);
    writeErr('Draining the stream and landing the lake; Ctrl-C again stops at once.\n');
    await demo?.stop();
    await running.stop();
  } finally {
    clearInterval(look);
    line.end();
  }
}

/** Lets a message through once in ten seconds: what is tried again ten times a second need not be read ten times. */
function oncePerBurst(say: (message: string) => void, clock: () => number): (message: string) => void {
  const quietMs = 10_000;
  const saidMs = new Map<string, number>();
  return (message) => {
    const now = clock();
    if (now - (saidMs.get(message) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    if (saidMs.size > 100) saidMs.clear();
    saidMs.set(message, now);
    say(message);
  };
}

/** What is happening and what to try next. */
export function welcome(
  running: RunningPipeline,
  loaded: LoadedPipeline,
  { isDemo, flushSeconds }: { readonly isDemo: boolean; readonly flushSeconds: number },
): string {
  const { pipeline, dir } = loaded;
  const sample = sampleEvent(pipeline);
  const data = running.dataDir === DATA_DEFAULT ? '' : ` --data ${running.dataDir}`;
  const place = dir === PIPELINE_DEFAULT ? data : ` --pipeline ${dir}${data}`;
  const query =
    pipeline.decision === undefined
      ? `SELECT count(*) AS n FROM ${sample.table}`
      : 'SELECT outcome, count(*) AS n FROM decisions GROUP BY outcome';
  const load = `A generated load sends ${DEMO_EVENTS_PER_SECOND} payments a second; a few are late, repeated or broken on purpose.`;
  return `Headrace runs the pipeline ${pipeline.name}, version ${pipeline.version}.

  Kinesis endpoint  ${running.endpoint} (any AWS SDK, CLI or KPL; made-up credentials will do)
  Stream            ${running.streamName}
  Data folder       ${running.dataDir} (events reach the lake within ${flushSeconds} s)
  Alerts            ${running.dataDir}/alerts.ndjson (what is told; headrace alerts lists all)
${isDemo ? `\n${load}\n` : ''}
Try in another terminal, in this folder:

  # send an event of your own
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws kinesis put-record --region us-east-1 \\
    --endpoint-url ${running.endpoint} --stream-name ${running.streamName} --partition-key ${sample.key} \\
    --cli-binary-format raw-in-base64-out --data ${sample.shellJson}

  # ask the lake
  npx headrace query "${query}"${place}

  # see where every event went
  npx headrace ledger${place}

Ctrl-C drains and stops; the next start goes on from there.
`;
}

function farewell(running: RunningPipeline): string {
  const { events, windowsClosed, alerts } = running.progress();
  const counts = `${thingsText(events, 'event')}, ${thingsText(windowsClosed, 'window')} closed, ${thingsText(alerts, 'alert')}`;
  return `Stopped after ${counts}. The lake in ${running.dataDir} can be queried; the next start goes on from there.\n`;
}

function startJson({ endpoint, streamName, dataDir }: RunningPipeline): string {
  return `${JSON.stringify({ endpoint, stream: streamName, data: dataDir })}\n`;
}

function endJson(running: RunningPipeline): string {
  const { events, windowsClosed, alerts } = running.progress();
  return `${JSON.stringify({ events, windows_closed: windowsClosed, alerts })}\n`;
}
