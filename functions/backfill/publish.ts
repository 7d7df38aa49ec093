import { follow } from '../../lake/compaction/catalogue.ts';
import { assertRevertible, replacePartition, revertPartition } from '../../lake/compaction/replace.ts';
import { publishedOf } from '../../lake/generations/manifest.ts';
import { snapshotOf } from '../../lake/generations/snapshot.ts';
import { type PartitionState, readPartition } from '../../lake/generations/state.ts';
import { partitionOf } from '../../lake/names.ts';
import type { TableSchema } from '../../lake/schema.ts';
import { baseOf, compareTable, replacementName } from './compare.ts';
import { removeCorrection } from './corrections.ts';
import { BackfillError } from './errors.ts';
import type { BackfillPorts } from './ports.ts';
import type { Publication } from './summarise.ts';
import { PUBLICATIONS, type Work } from './work.ts';

const HOUR_MS = 3_600_000;

/** Who made the generations of a backfill. */
export const originOf = (id: string): string => `backfill/${id}`;

/** Publishes one hour of a table as it was compared and approved; again does no harm. */
export async function publishHour(ports: BackfillPorts, work: Work, at: number): Promise<void> {
  const publication = (await work.read<Publication[]>(PUBLICATIONS))[at];
  const table = ports.tables.find(({ name }) => name === publication?.table);
  if (publication === undefined || table === undefined) throw new Error(`publication ${at} is not on the list of backfill ${work.id}`);
  const partition = partitionOf(publication.startMs);
  const state = await readPartition(ports.lake.objects, table.name, partition);
  const made = state.manifest?.value.generations.find(({ origin }) => origin === originOf(work.id));
  if (made !== undefined) {
    // Done before; what was published on top of it since stays.
    if (state.manifest !== undefined && publishedOf(state.manifest.value) === made)
      await follow(ports.lake.catalogue, table.name, partition, made.number);
    return;
  }
  await assertAsCompared(ports, work, { publication, table, state });
  await work.withFiles([replacementName(table.name, publication.startMs)], async ([path = '']) => {
    await replacePartition(ports.lake, table, state, {
      inputs: [{ path, key: `${table.name} of backfill ${work.id}` }],
      origin: originOf(work.id),
    });
  });
}

interface Checked {
  readonly publication: Publication;
  readonly table: TableSchema;
  readonly state: PartitionState;
}

/** Compares again what has another base now, such as a compacted one: the differences must be those that were approved. */
async function assertAsCompared(ports: BackfillPorts, work: Work, { publication, table, state }: Checked): Promise<void> {
  const { startMs, base } = publication;
  if (
    (state.manifest === undefined && state.landing.length === 0 ? undefined : baseOf(await snapshotOf(ports.lake.objects, state))) === base
  )
    return;
  const plan = await work.plan();
  const part = { table: table.name, fromMs: startMs, toMs: startMs + HOUR_MS };
  const { hours } = await compareTable(ports, work, { plan, part, table, isStaging: true });
  const now = hours.find((hour) => hour.startMs === startMs);
  const isSame = (['added', 'changed', 'removed'] as const).every((name) => (now?.[name] ?? 0) === publication[name]);
  if (isSame) return;
  throw new BackfillError(
    'CHANGED_SINCE_APPROVAL',
    `${table.name} ${new Date(startMs).toISOString()} was changed by others since it was compared: ${JSON.stringify(publication)} is ${JSON.stringify(now ?? 'the same')} now. Begin the backfill again.`,
  );
}

/**
 * Takes back everything that a backfill has published, the last first; nothing if one of its hours cannot go back, for then others have
 * built on it. Its correction goes before: a verification must expect no late event in hours that no longer have it. Throws what keeps an
 * hour from going back.
 */
export async function compensate(ports: BackfillPorts, work: Work): Promise<{ readonly reverted: number }> {
  const publications = ((await work.find<Publication[]>(PUBLICATIONS)) ?? []).toReversed();
  const origin = originOf(work.id);
  for (const { table, startMs } of publications) await assertRevertible(ports.lake, table, partitionOf(startMs), origin);
  await removeCorrection(ports.lake.objects, work.id);
  let reverted = 0;
  for (const { table, startMs } of publications) if (await revertPartition(ports.lake, table, partitionOf(startMs), origin)) reverted += 1;
  return { reverted };
}
