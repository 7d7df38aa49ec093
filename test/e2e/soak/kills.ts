import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../../core/definition/pipeline.ts';
import type { Random } from '../../../core/random.ts';
import { headrace } from '../kill.ts';
import { type Differences, differencesOfRows, differencesWhenSettled, plus } from './compare.ts';
import { Instance } from './instance.ts';
import { Producer } from './producer.ts';
import { tearTails } from './tear.ts';
import { Truth } from './truth.ts';

/** What is killed, how often, and where. */
export interface KillsOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly pipeline: Pipeline;
  readonly kills: number;
  readonly random: Random;
  readonly say: (line: string) => void;
}

/** What the kills left. */
export interface KillsReport extends Differences {
  readonly eventsSent: number;
  /** Files whose ends were torn. */
  readonly torn: number;
  readonly rssMbMax: number;
  /** Whether the ledger balanced and agreed with the lake at the end. */
  readonly isBalanced: boolean;
}

const LOAD_MS_MAX = 1_200;
/** Starts that are killed before they are done. */
const START_KILL_SHARE = 0.15;
const START_MS_MAX = 700;
const TEAR_SHARE = 0.5;
const ROWS_EVERY = 10;

/** Kills `headrace up` again and again under load, tears its files, starts it again, and compares its lake with the truth every time. */
export async function killUp({ dataDir, port, pipeline, kills, random, say }: KillsOptions): Promise<KillsReport> {
  const truth = new Truth();
  const producer = new Producer(`http://127.0.0.1:${port}`, truth, random);
  let total: Differences = { lost: 0, repeated: 0, wrongRows: 0 };
  let [torn, rssMbMax] = [0, 0];
  let running = new Instance(dataDir, port);
  await running.ready;
  for (let kill = 1; kill <= kills; kill += 1) {
    producer.start();
    await sleep(random.below(LOAD_MS_MAX));
    rssMbMax = Math.max(rssMbMax, running.rssMb());
    await running.end('SIGKILL');
    if (random.chance(START_KILL_SHARE)) {
      const cutShort = new Instance(dataDir, port);
      await sleep(random.below(START_MS_MAX));
      await cutShort.end('SIGKILL');
    }
    if (random.chance(TEAR_SHARE)) torn += tearTails(dataDir, random);
    running = new Instance(dataDir, port);
    await running.ready;
    await producer.pause();
    const compared = { dataDir, pipeline, truth };
    const settled = await differencesWhenSettled(compared);
    const rows = kill % ROWS_EVERY === 0 ? await differencesOfRows(compared) : settled;
    total = plus(total, rows);
    const { lost, repeated, wrongRows } = rows;
    if (kill % ROWS_EVERY === 0 || lost + repeated + wrongRows > 0)
      say(`kill ${kill}: ${truth.sent} events sent, ${lost} lost, ${repeated} repeated, ${wrongRows} wrong rows`);
  }
  producer.close();
  rssMbMax = Math.max(rssMbMax, running.rssMb());
  const { code, stderr } = await running.end('SIGINT');
  if (code !== 0) say(`headrace up ended with ${code}: ${stderr}`);
  total = plus(total, await differencesOfRows({ dataDir, pipeline, truth }));
  const ledger = await headrace(['ledger', '--data', dataDir, '--json']);
  if (ledger.code !== 0) say(`headrace ledger: ${ledger.stderr}`);
  return { ...total, eventsSent: truth.sent, torn, rssMbMax, isBalanced: code === 0 && ledger.code === 0 };
}
