import type { Warmed } from '../local/runtime/warm.ts';
import type { Flag } from './flags.ts';
import { thingsText } from './output.ts';

/** Lets features begin although history is missing. */
export const ACCEPT_COLD_FLAG = {
  kind: 'switch',
  help: 'start although new features cannot be filled from the whole of their history',
} as const satisfies Flag;

/** Says what was done for new features, and which do not know their whole window; nothing where there is nothing to say. */
export function sayWarmed({ features, events, unread, cold, seconds }: Warmed, say: (line: string) => void): void {
  if (features.length > 0) {
    const skipped = unread === 0 ? '' : `; ${thingsText(unread, 'older record')} are no events by the present definition, and left out`;
    say(
      `${thingsText(features.length, 'feature')} filled from ${thingsText(events, 'event')} of the lake in ${seconds} s: ${features.join(', ')}${skipped}.`,
    );
  }
  for (const { name, wholeMs, because } of cold)
    say(`Cold: ${name} knows its whole window from ${new Date(wholeMs).toISOString()} on, because ${because}.`);
}
