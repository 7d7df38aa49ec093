import { required } from '../../lake/columns.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** What slices add to windows: accumulators by window family, start and group. */
export const PARTIALS: TableSchema = {
  name: 'partials',
  description: 'Accumulators of slices of keys.',
  columns: [
    required('name', 'string', 'Window family.'),
    required('origin', 'string', 'Where its events came from: the stream, or one load.'),
    required('start_ms', 'bigint', 'Start of the slice of time, epoch ms.'),
    required('group_key', 'string', 'Group.'),
    required('accumulator', 'string', 'Accumulator, JSON.'),
  ],
  partitionColumn: 'start_ms',
  idColumns: ['name', 'group_key'],
  clusterColumns: [],
  money: [],
};

/** Closed tiles of other keys. */
export const TILES: TableSchema = {
  name: 'tiles',
  description: 'Closed tiles.',
  columns: [
    required('ring', 'string', 'Ring of tiles.'),
    required('origin', 'string', 'Where its events came from: the stream, or one load.'),
    required('tile_key', 'string', 'Key that the tile is of.'),
    required('start_ms', 'bigint', 'Start of the tile, epoch ms.'),
    required('tile', 'string', 'Tile, JSON.'),
  ],
  partitionColumn: 'start_ms',
  idColumns: ['ring', 'tile_key'],
  clusterColumns: [],
  money: [],
};
