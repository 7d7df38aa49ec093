import { required } from '../../lake/columns.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** Closed tiles of other keys than the partition key, as merging hands them on to judging. */
export const TILES: TableSchema = {
  name: 'tiles',
  description: 'Closed tiles.',
  columns: [
    required('name', 'string', 'Ring of tiles.'),
    required('origin', 'string', 'Where its events came from: the stream, or one load.'),
    required('start_ms', 'bigint', 'Start of the tile, epoch ms.'),
    required('group_key', 'string', 'Key that the tile is of.'),
    required('accumulator', 'string', 'Tile, JSON.'),
  ],
  partitionColumn: 'start_ms',
  idColumns: ['name', 'group_key'],
  clusterColumns: [],
  money: [],
};

/** Its columns, as they are selected. */
export const TILE_COLUMNS = 'name, origin, start_ms, group_key, accumulator';
