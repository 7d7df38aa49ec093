import { join } from 'node:path';
import { dataFolder } from '../../../local/runtime/folder.ts';
import { headrace } from '../kill.ts';
import { writeSeeded } from './input.ts';
import { leaksBelow, leaksIn } from './scan.ts';

/** What one run showed. */
export interface CardsReport {
  readonly events: number;
  /** Events with a card number in them. */
  readonly seeded: number;
  /** Of these, refused with CARD_NUMBER. */
  readonly refused: number;
  /** Events without a card number that were not accepted, and seeded ones that were not refused. */
  readonly misjudged: number;
  readonly files_scanned: number;
  readonly rows_scanned: number;
  /** Card numbers found in any output. */
  readonly leaks: number;
  /** The first few of them: where, and which. */
  readonly first_leaks: readonly string[];
}

const LEAKS_SHOWN = 5;

/**
 * Runs seeded events through the pipeline in a folder and looks for their card numbers in everything that it left or printed. The
 * stream is the one thing left out: it holds what producers put on it, for as long as it retains it.
 */
export async function runCards(folder: string, events: number): Promise<CardsReport> {
  const input = join(folder, 'payments.ndjson');
  const data = join(folder, 'data');
  const { seeded } = await writeSeeded(input, events);
  const printed = [await headrace(['run', '--input', input, '--data', data, '--json'])];
  const counted = `SELECT lane, count(*) FROM archive WHERE kind = 'record' GROUP BY ALL`;
  const questions = [
    ['query', counted, '--data', data, '--format', 'csv'],
    ['query', "SELECT count(*) FROM quarantine WHERE code = 'CARD_NUMBER'", '--data', data, '--format', 'csv'],
    ['quarantine', 'list', '--data', data, '--code', 'CARD_NUMBER', '--json'],
    ['quarantine', 'list', '--data', data],
    ['ledger', '--data', data, '--json'],
  ];
  for (const question of questions) printed.push(await headrace(question));
  const failed = printed.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`a command ended with ${failed.code}: ${failed.stderr.slice(0, 500)}`);
  const accepted = Number(/^accepted,(\d+)$/m.exec(printed[1]?.stdout ?? '')?.[1]);
  const refused = Number(/^(\d+)$/m.exec(printed[2]?.stdout ?? '')?.[1]);
  const { files, rows, leaks } = await leaksBelow(data, [dataFolder(data).stream]);
  const said = printed.flatMap(({ stdout, stderr }, i) => leaksIn(`output of command ${i + 1}`, `${stdout}\n${stderr}`));
  const all = [...leaks, ...said];
  return {
    events,
    seeded,
    refused,
    misjudged: Math.abs(events - seeded - accepted) + Math.abs(seeded - refused),
    files_scanned: files,
    rows_scanned: rows,
    leaks: all.length,
    first_leaks: all.slice(0, LEAKS_SHOWN).map(({ where, card }) => `${where}: ${card}`),
  };
}
