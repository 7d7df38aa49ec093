import { refuseCardNumbers } from '../../core/cards/guard.ts';
import { positionOf } from '../../core/decode/position.ts';
import { RetriableError } from '../../core/errors.ts';
import { CODES } from '../../core/events/codes.ts';
import type { RawEvent, Rejection } from '../../core/model.ts';
import { shardKey } from '../../core/state/keys.ts';
import { newShard, parseShard, type ShardState } from '../../core/state/shard.ts';
import type { OversizeEvent } from '../feed/feed.ts';
import type { Machine } from './machine.ts';

/** Stands for a shard in the ledger: events of a file that no stream record can hold. */
export const FEED_SHARD = 'feed';

/** Quarantines events that are too large for the stream, so that a file's sums balance with them. */
export class OversizeEvents {
  private readonly machine: Machine;
  private chain: Promise<void> = Promise.resolve();
  private failure: unknown;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Takes one event; they are written one after another. */
  add(event: OversizeEvent): void {
    this.chain = this.chain
      .then(() => this.quarantine(event))
      .catch((error: unknown) => {
        this.failure ??= error;
      });
  }

  /** Resolves when all taken so far are in quarantine; throws if one could not be written. */
  async settle(): Promise<void> {
    await this.chain;
    if (this.failure !== undefined) throw this.failure;
  }

  private async quarantine({ ordinal, partitionKey, bytes }: OversizeEvent): Promise<void> {
    const { store, delivery, handlers, meta } = this.machine;
    const key = shardKey(meta.streamEpoch, FEED_SHARD);
    const [item] = await store.get([key]);
    const state: ShardState = item === undefined ? newShard(null, []) : parseShard(item.body);
    const sequence = String(ordinal);
    const position = positionOf(sequence, 0);
    if (state.hi !== null && position <= state.hi) return;
    const given: RawEvent = { position, sequence, subSequence: 0, arrivalMs: Date.now(), partitionKey, bytes };
    const { raw, rejection } = refuseCardNumbers(given) ?? { raw: given, rejection: rejectionOf(bytes) };
    const verdict = { raw, lane: 'quarantined' as const, watermarkMs: null, rejection, isFresh: true };
    const context = { floorMs: null, tileFrontierMs: null, ruleSet: '', definition: handlers.plan.pipeline.version };
    await delivery.deliver(handlers.rows.batchRows({ shardId: FEED_SHARD, context, isContextNew: false, verdicts: [verdict] }));
    const counters = { ...state.counters, seen: state.counters.seen + 1, quarantined: state.counters.quarantined + 1 };
    const body = JSON.stringify({ ...state, hi: position, through: position, counters });
    const [written] = await store.put([{ ...key, expectedVersion: item?.version ?? 0, body }]);
    if (!written) throw new RetriableError('the ledger of oversize events changed under this run');
  }
}

function rejectionOf(bytes: Uint8Array): Rejection {
  return {
    code: 'EVENT_TOO_LARGE',
    path: '',
    message: `${CODES.EVENT_TOO_LARGE}: got ${bytes.byteLength} bytes; a stream record holds 1 MiB`,
  };
}
