import { positionOf } from '../../core/decode/position.ts';
import type { Lane } from '../../core/model.ts';
import { ShardCheck } from '../../core/replay/shard.ts';
import { quoteText } from '../../lake/sql-text.ts';
import type { BackfillPorts } from './ports.ts';
import { Contexts, filesSql, STEPS_FOLDER, STREAM_ORDER } from './slices.ts';
import { withEngine, writeFaults } from './step-tools.ts';
import { padded, type Work } from './work.ts';

/** Computes the watermarks of one shard again, in one pass, and compares them and the lanes with what was recorded. */
export async function checkShard(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const shardId = (await work.plan()).shards[at] ?? '';
  const check = new ShardCheck(ports.plan, shardId);
  await withEngine(ports, `check-${work.id}-${at}`, async (engine) => {
    const contexts = await Contexts.read(work, engine);
    const names = await work.names(STEPS_FOLDER);
    if (names.length === 0) return;
    await work.withFiles(names, async (paths) => {
      const columns = 'sequence, sub_sequence, epoch_ms(arrival_time), lane, epoch_ms(watermark), epoch_ms(event_time), shard_id';
      const sql = `SELECT * EXCLUDE (shard_id) FROM ${filesSql(paths, columns)} WHERE shard_id = ${quoteText(shardId)} ORDER BY ${STREAM_ORDER}`;
      let before = '';
      for await (const part of engine.parts(sql)) {
        for (const [sequence, subSequence, arrival, lane, watermark, eventTime] of part) {
          const position = positionOf(String(sequence), Number(subSequence));
          if (position === before) continue;
          before = position;
          check.step({
            position,
            arrivalMs: Number(arrival),
            lane: String(lane) as Lane,
            watermarkMs: numberOf(watermark),
            eventMs: numberOf(eventTime),
            floorMs: contexts.at(shardId, position)?.floorMs ?? null,
          });
        }
      }
    });
  });
  await writeFaults(work, `check-${padded(at)}`, check.faults);
}

function numberOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
