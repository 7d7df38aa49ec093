import { required } from '../../lake/columns.ts';
import type { TableSchema } from '../../lake/schema.ts';

/** What steps hand on of windows: accumulators that slices of keys add, by window family, and closed tiles of other keys, by ring. */
export const PARTIALS: TableSchema = {
  name: 'partials',
  description: 'Accumulators of slices of keys, or closed tiles.',
  columns: [
    required('name', 'string', 'Window family, or ring of tiles.'),
    required('origin', 'string', 'Where its events came from: the stream, or one load.'),
    required('start_ms', 'bigint', 'Start of the slice of time, or of the tile, epoch ms.'),
    required('group_key', 'string', 'Group, or key that the tile is of.'),
    required('accumulator', 'string', 'Accumulator or tile, JSON.'),
  ],
  partitionColumn: 'start_ms',
  idColumns: ['name', 'group_key'],
  clusterColumns: [],
  money: [],
};

/** Its columns, as they are selected. */
export const PARTIAL_COLUMNS = 'name, origin, start_ms, group_key, accumulator';
