import { describe, expect, test } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { loadPipeline } from '../../local/pipeline.ts';
import { temporaryFolder } from './folder.ts';
import { freePort } from './port.ts';
import { killUp } from './soak/kills.ts';

/** Kills of the test; `npm run soak` makes hundreds. */
const KILLS = 3;

describe('kill -9 of headrace up', () => {
  test('at random moments under load, then started again and stopped: every payment is there once', async () => {
    const { pipeline } = await loadPipeline('pipelines/payments');
    const seed = Date.now() % 100_000;
    const said: string[] = [];
    const options = { dataDir: temporaryFolder(), port: await freePort(), pipeline, kills: KILLS, random: createRandom(seed) };
    const report = await killUp({ ...options, say: (line) => said.push(line) });
    expect(report, `seed ${seed}: ${said.join('; ')}`).toMatchObject({ lost: 0, repeated: 0, wrongRows: 0, isBalanced: true });
    expect(report.eventsSent).toBeGreaterThan(0);
  }, 240_000);
});
