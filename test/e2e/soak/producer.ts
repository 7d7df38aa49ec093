import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Random } from '../../../load-test/random.ts';
import { streamClient } from '../../../local/stream/client.ts';
import type { Entry, Load } from './load.ts';

/** Records of one put at most. */
const RECORDS_MAX = 20;
const PAUSE_MS = 5;
const RETRY_MS = 50;
/** What a running instance has not taken by then it never will. */
const PAUSE_MS_MAX = 60_000;

/** Puts records through the SDK as fast as they are taken; what is not acknowledged is put again until it is, in its order. */
export class Producer {
  private readonly client;
  private readonly load: Load;
  private readonly random: Random;
  private isPaused = false;
  private isGivenUp = false;
  private idle: Promise<void> = Promise.resolve();
  /** Records that the stream has not acknowledged yet. */
  private unsent: Entry[] = [];

  constructor(endpoint: string, load: Load, random: Random) {
    this.client = streamClient({ endpoint });
    this.load = load;
    this.random = random;
  }

  /** Puts until paused. */
  start(): void {
    this.isPaused = false;
    this.isGivenUp = false;
    this.idle = this.putAll();
  }

  /** Makes no more records; resolves once all that were made are acknowledged. Throws if they are not within a minute. */
  async pause(): Promise<void> {
    this.isPaused = true;
    const limit = new AbortController();
    const late = sleep(PAUSE_MS_MAX, 'late', { signal: limit.signal }).catch(() => 'ended');
    if ((await Promise.race([this.idle, late])) === 'late')
      throw new Error(`${this.unsent.length} records were not acknowledged within ${PAUSE_MS_MAX / 1_000} s`);
    limit.abort();
  }

  /** Puts no more, and frees the client. */
  async close(): Promise<void> {
    this.isGivenUp = true;
    await this.idle;
    this.client.destroy();
  }

  private async putAll(): Promise<void> {
    while (!this.isGivenUp && (this.unsent.length > 0 || !this.isPaused)) {
      if (this.unsent.length === 0) this.unsent = Array.from({ length: 1 + this.random.below(RECORDS_MAX) }, () => this.load.record());
      await this.put();
    }
  }

  private async put(): Promise<void> {
    try {
      const { Records = [] } = await this.client.send(new PutRecordsCommand({ StreamName: 'payments', Records: this.unsent }));
      // From the first record that was not taken on: a later one of the same key must not overtake it.
      const failed = Records.findIndex(({ ErrorCode }) => ErrorCode !== undefined);
      this.unsent = failed < 0 ? [] : this.unsent.slice(failed);
      await sleep(PAUSE_MS);
    } catch {
      await sleep(RETRY_MS);
    }
  }
}
