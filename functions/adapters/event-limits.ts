import { usageError } from '../../core/errors.ts';
import type { ProducedEvent } from '../../core/ports.ts';
import { EventTooLargeError } from './errors.ts';

/** Largest record of a stream, partition key included, unless the stream was set to take more. */
const RECORD_BYTES_MAX = 1_048_576;
/** Longest partition key, characters. */
const KEY_LENGTH_MAX = 256;

/** Throws EventTooLargeError if no record of `recordBytesMax` bytes can hold an event, UsageError if no stream takes its partition key. */
export function checkEvents(events: readonly ProducedEvent[], recordBytesMax: number = RECORD_BYTES_MAX): void {
  for (const [index, { partitionKey, data }] of events.entries()) {
    if (partitionKey.length < 1 || partitionKey.length > KEY_LENGTH_MAX) {
      throw usageError(`partition key of event ${index}`, partitionKey, `1..${KEY_LENGTH_MAX} characters`);
    }
    const bytes = Buffer.byteLength(partitionKey) + data.length;
    if (bytes > recordBytesMax) {
      throw new EventTooLargeError(
        `event ${index} with partition key ${JSON.stringify(partitionKey)}: got ${bytes} bytes; allowed: at most ${recordBytesMax} with its key. ` +
          'Nothing was sent; make the event smaller, or set the stream to take larger records.',
      );
    }
  }
}
