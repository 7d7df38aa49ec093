import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../load-test/random.ts';
import { dataFolder } from '../../../local/runtime/folder.ts';

const GARBAGE_BYTES_MAX = 4_000;
/** Bytes of a frame's head, which begins with the length of what follows it. */
const HEAD_BYTES = 8;

/**
 * Leaves at the end of files what a write torn by a crash leaves: part of a frame at the end of the journal, part of a row at the end
 * of the newest segment of a table. Nothing of it was ever acknowledged. Returns the number of files torn.
 */
export function tearTails(dataDir: string, random: Random): number {
  const { state, delivery } = dataFolder(dataDir);
  let torn = 0;
  const journal = join(state, 'journal');
  if (existsSync(journal)) {
    appendFileSync(journal, random.pick([partOfOwnFrame, partOfFrame, zeros])(random, journal));
    torn += 1;
  }
  for (const table of existsSync(delivery) ? readdirSync(delivery) : []) {
    const newest = readdirSync(join(delivery, table))
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .at(-1);
    if (newest === undefined || random.chance(0.5)) continue;
    appendFileSync(join(delivery, table, newest), partOfRow(join(delivery, table, newest), random));
    torn += 1;
  }
  return torn;
}

/** The beginning of a frame that the journal has: all of it is right but its length. */
function partOfOwnFrame(random: Random, journal: string): Buffer {
  const bytes = readFileSync(journal);
  if (bytes.length < HEAD_BYTES) return partOfFrame(random);
  const frameBytes = HEAD_BYTES + bytes.readUInt32BE(0);
  return bytes.subarray(0, 1 + random.below(Math.min(frameBytes, bytes.length) - 1));
}

/** A head that promises more bytes than follow, or fewer bytes than a head has. */
function partOfFrame(random: Random): Buffer {
  const bytes = Buffer.from(Array.from({ length: 1 + random.below(GARBAGE_BYTES_MAX) }, () => random.below(256)));
  if (bytes.length >= HEAD_BYTES) bytes.writeUInt32BE(bytes.length + 1 + random.below(1_000), 0);
  return bytes;
}

/** A file whose length reached the disk before its bytes did. */
function zeros(random: Random): Buffer {
  return Buffer.alloc(1 + random.below(GARBAGE_BYTES_MAX));
}

/** The beginning of a row that the segment has, or of any. */
function partOfRow(path: string, random: Random): Buffer {
  const bytes = readFileSync(path);
  const rowBytes = bytes.indexOf('\n');
  return rowBytes > 1 ? bytes.subarray(0, 1 + random.below(rowBytes - 1)) : Buffer.from(`{"event_id":"torn-${random.below(1_000)}","amount_mi`);
}
