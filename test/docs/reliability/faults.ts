import type { CataloguedFault } from './fault.ts';
import { ALERT_FAULTS } from './faults-alerts.ts';
import { BACKFILL } from './faults-backfill.ts';
import { CRASHES } from './faults-crashes.ts';
import { DECODING } from './faults-decoding.ts';
import { ERASURE } from './faults-erasure.ts';
import { GENERATIONS } from './faults-generations.ts';
import { LAKE } from './faults-lake.ts';
import { LOADS } from './faults-loads.ts';
import { MACHINE } from './faults-machine.ts';
import { MAPPING_FAULTS } from './faults-mapping.ts';
import { RULES } from './faults-rules.ts';
import { STATE } from './faults-state.ts';
import { STREAMS } from './faults-streams.ts';
import { TIME } from './faults-time.ts';
import { WARM } from './faults-warm.ts';

/** The catalogue, by number. */
export const FAULTS: readonly CataloguedFault[] = [
  ...[
    CRASHES,
    MAPPING_FAULTS,
    STATE,
    DECODING,
    STREAMS,
    TIME,
    ALERT_FAULTS,
    LAKE,
    MACHINE,
    GENERATIONS,
    BACKFILL,
    ERASURE,
    LOADS,
    RULES,
    WARM,
  ].flat(),
].sort((a, b) => a.number - b.number);
