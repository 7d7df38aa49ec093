import { refuseCardNumbers } from '../cards/guard.ts';
import { unpackBytes } from '../decode/unpack.ts';
import type { Lane, Parsed, Position, RawEvent } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { Context } from '../state/shard.ts';

/** One record of the archive. */
export interface ArchivedRecord {
  readonly shardId: string;
  readonly raw: RawEvent;
  /** The bin it went to. */
  readonly lane: Lane;
  /** The shard's watermark that it was judged by, epoch ms. */
  readonly watermarkMs: number | null;
  /** The context in force at it; undefined if no control row stands at or before it. */
  readonly context: Context | undefined;
}

/** Something that came out otherwise than it is on record. */
export interface ReplayFault {
  readonly shardId: string;
  readonly position: Position;
  /** What was recorded and what came out. */
  readonly message: string;
}

/** What the bytes of an archived record say, as the processor first understood them. */
export function parseArchived(plan: Plan, { raw, lane }: ArchivedRecord): Parsed {
  if (lane !== 'quarantined') return plan.parse(raw);
  // What was refused before it was parsed, and was masked or kept whole, is refused again for the same reason.
  const refused = refuseCardNumbers(raw);
  if (refused !== undefined) return { rejection: refused.rejection };
  const units = raw.subSequence === 0 ? unpackBytes(raw) : [];
  const [unit] = units;
  return units.length === 1 && unit?.rejection !== undefined ? { rejection: unit.rejection } : plan.parse(raw);
}

/** Reads the context of a control row. */
export function parseContext(text: string): Context {
  const { floor_ms, tile_frontier_ms, rule_set, definition } = JSON.parse(text) as {
    readonly floor_ms: number | null;
    readonly tile_frontier_ms: number | null;
    readonly rule_set: string;
    readonly definition: number;
  };
  return { floorMs: floor_ms, tileFrontierMs: tile_frontier_ms, ruleSet: rule_set, definition };
}
