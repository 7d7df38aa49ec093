import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../core/random.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';

const GARBAGE_BYTES_MAX = 4_000;

/**
 * Leaves at the end of files what a write torn by a crash leaves: part of a frame at the end of the journal, part of a row at the end
 * of an open segment. Nothing of it was ever acknowledged. Returns the number of files torn.
 */
export function tearTails(dataDir: string, random: Random): number {
  const { state, delivery } = dataFolder(dataDir);
  let torn = 0;
  const journal = join(state, 'journal');
  if (existsSync(journal)) {
    appendFileSync(journal, partOfFrame(random));
    torn += 1;
  }
  for (const table of existsSync(delivery) ? readdirSync(delivery) : []) {
    const newest = readdirSync(join(delivery, table))
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .at(-1);
    if (newest === undefined || random.chance(0.5)) continue;
    appendFileSync(join(delivery, table, newest), `{"event_id":"torn-${random.below(1_000)}","amount_mi`);
    torn += 1;
  }
  return torn;
}

/** A head that promises more bytes than follow, or fewer bytes than a head has. */
function partOfFrame(random: Random): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1 + random.below(GARBAGE_BYTES_MAX) }, () => random.below(256)));
  if (bytes.length >= 8) bytes.writeUInt32BE(bytes.length + 1 + random.below(1_000), 0);
  return bytes;
}
