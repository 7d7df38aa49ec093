import type { Clock, ObjectFiles, ObjectStore, PartitionCatalogue } from '../../core/ports.ts';
import type { GenerationWriter } from './writer.ts';

/** What compaction needs from outside. */
export interface CompactionPorts {
  readonly objects: ObjectStore;
  readonly files: ObjectFiles;
  readonly writer: Pick<GenerationWriter, 'write' | 'clear'>;
  /** Follows the manifests; a lake without one is read by its manifests alone. */
  readonly catalogue?: PartitionCatalogue;
  readonly clock: Clock;
}
