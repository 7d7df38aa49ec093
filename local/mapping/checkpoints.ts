import { setTimeout as sleep } from 'node:timers/promises';
import { RetriableError } from '../../core/errors.ts';
import type { StateStore, StateWrite } from '../../core/ports.ts';
import type { StreamIdentity } from '../stream/client.ts';

/** How far a shard has been processed. */
export interface ShardCheckpoint {
  /** Last sequence number done; undefined before the first. */
  readonly sequence: string | undefined;
  /** True when the shard is closed and done to its end. */
  readonly drained: boolean;
}

/** Positions gather this long before they are written: a restart then repeats at most that much, and the handler skips it. */
const GATHER_MS = 100;

function pkOf(stream: StreamIdentity): string {
  return `mapping#${stream.name}#${stream.creationEpoch}`;
}

function parsed(body: string): ShardCheckpoint {
  const { sequence, drained } = JSON.parse(body) as { sequence?: string; drained?: boolean };
  return { sequence, drained: drained === true };
}

/**
 * Checkpoints of one stream's shards in the state store, written behind the processing: they may lag, never lead.
 * One mapping at a time owns them; another one's write makes this one stop.
 */
export class Checkpoints {
  readonly #store: StateStore;
  readonly #pk: string;
  readonly #known = new Map<string, ShardCheckpoint>();
  readonly #versions = new Map<string, number>();
  #dirty = new Set<string>();
  #writing: Promise<void> | undefined;
  #write: Promise<void> = Promise.resolve();
  /** Bodies whose write may or may not have applied. */
  readonly #unsure = new Map<string, string>();
  #error: Error | undefined;

  private constructor(store: StateStore, pk: string) {
    this.#store = store;
    this.#pk = pk;
  }

  /** Reads the checkpoints of a stream. */
  static async load(store: StateStore, stream: StreamIdentity): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(store, pkOf(stream));
    for (const item of await store.query(checkpoints.#pk)) {
      checkpoints.#known.set(item.sk, parsed(item.body));
      checkpoints.#versions.set(item.sk, item.version);
    }
    return checkpoints;
  }

  /** Checkpoint of a shard, undefined before its first. */
  get(shardId: string): ShardCheckpoint | undefined {
    return this.#known.get(shardId);
  }

  /** Last sequence numbers done by shard id, for every shard that has one. */
  sequences(): Map<string, string> {
    const found = new Map<string, string>();
    for (const [shardId, { sequence }] of this.#known) if (sequence !== undefined) found.set(shardId, sequence);
    return found;
  }

  /** Remembers a checkpoint; it is written soon. Throws when an earlier write showed another owner. */
  set(shardId: string, checkpoint: ShardCheckpoint): void {
    if (this.#error !== undefined) throw this.#error;
    this.#known.set(shardId, checkpoint);
    this.#dirty.add(shardId);
    this.#writing ??= this.#writeSoon();
  }

  /** Resolves when everything set so far is durable. Throws when another mapping has taken the checkpoints over. */
  async flush(): Promise<void> {
    // At least one turn, since a write under way has taken its positions off the list already.
    do await this.#writeOnce();
    while (this.#dirty.size > 0 && this.#error === undefined);
    if (this.#error !== undefined) throw this.#error;
  }

  async #writeSoon(): Promise<void> {
    await sleep(GATHER_MS);
    try {
      while (this.#dirty.size > 0 && this.#error === undefined) await this.#writeOnce();
    } catch {
      // The store could not answer: the positions are still marked and go with the next write.
    } finally {
      this.#writing = undefined;
    }
  }

  /** Writes go one after another, so that each knows the version it replaces. */
  #writeOnce(): Promise<void> {
    const put = (): Promise<void> => this.#put();
    this.#write = this.#write.then(put, put);
    return this.#write;
  }

  async #put(): Promise<void> {
    const shardIds = [...this.#dirty];
    if (shardIds.length === 0) return;
    this.#dirty = new Set();
    const writes = shardIds.map(
      (sk): StateWrite => ({ pk: this.#pk, sk, expectedVersion: this.#versions.get(sk) ?? 0, body: JSON.stringify(this.#known.get(sk)) }),
    );
    try {
      const applied = await this.#store.put(writes);
      for (const [index, write] of writes.entries()) await this.#settle(write, applied[index] === true);
    } catch (error) {
      for (const write of writes) this.#unsure.set(write.sk, write.body);
      for (const shardId of shardIds) this.#dirty.add(shardId);
      throw error;
    }
  }

  /** A write that did not apply may follow our own of an earlier attempt whose answer was lost; any other body has another author. */
  async #settle(write: StateWrite, applied: boolean): Promise<void> {
    if (applied) {
      this.#versions.set(write.sk, write.expectedVersion + 1);
      return;
    }
    const [item] = await this.#store.get([write]);
    if (item === undefined || item.body !== this.#unsure.get(write.sk)) {
      this.#error = new RetriableError(`checkpoint of ${write.sk} was moved by another mapping of the same stream; only one may run`);
      throw this.#error;
    }
    this.#versions.set(write.sk, item.version);
    this.#dirty.add(write.sk);
  }
}
