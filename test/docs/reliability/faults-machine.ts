import { type CataloguedFault, cite } from './fault.ts';

const STATE = 'local/state/journaled.test.ts';

/** The one-machine mode, whole regions, and what must never be written anywhere. */
export const MACHINE: readonly CataloguedFault[] = [
  {
    number: 73,
    fault: 'The disk is full, or a write to it is torn.',
    outcome:
      'State: frames with length and checksum; a torn end is cut, damage elsewhere refused, a refused write leaves nothing. Rows on their way: a torn last line is cut; lines have no checksum. What cannot be served or written is tried again and said; npm run soak fills a disk and tears files.',
    shown: {
      tests: [
        cite(STATE, 'journaled state store on disk > a journal whose last write was %s opens without that write and takes new ones'),
        cite(
          STATE,
          'journaled state store on disk > a journal with sound writes behind a bad one (at byte %i) is damaged: it is refused and left as it is',
        ),
        cite(STATE, 'journaled state store on disk > a write that the disk refuses leaves no trace in memory'),
        cite('local/delivery/buffer.test.ts', 'a buffer after a crash > cuts a torn last line (%.12s)'),
      ],
    },
  },
  {
    number: 74,
    fault: 'The one-machine mode is killed at any moment.',
    outcome: 'The next start goes on, to the same tables and totals as without the kill; npm run soak does it hundreds of times.',
    shown: {
      tests: [
        cite('e2e/kill.slow.test.ts', 'kill -9 > at random moments of a run, then started again: the same tables and totals'),
        cite(
          'e2e/kill-up.slow.test.ts',
          'kill -9 of headrace up > at random moments under load, then started again and stopped: every payment is there once',
        ),
        cite(
          'local/state/journaled.test.ts',
          'journaled state store on disk > every put that returned is there after kill -9, and none is there by half',
        ),
        cite('local/delivery/buffer.test.ts', 'a buffer after a crash > that was killed with -9 has every row it acknowledged'),
      ],
    },
  },
  {
    number: 75,
    fault: 'A region is lost.',
    outcome:
      'There is no standby. A copy of the archive gives tables again (headrace backfill --mode rebuild); no command rebuilds the state from it yet.',
    shown: { outOfModel: 'an installation lives in one region; rebuilding the state is not built yet' },
  },
  {
    number: 76,
    fault: 'A card number stands in a field, in free text or in an error.',
    outcome:
      'The record is quarantined, CARD_NUMBER, with the number masked wherever it is kept or quoted. Logs, metrics and traces hold ids and places of events, never what they say. npm run cards looks for the numbers in all that a million events leave. What is no card number to the rules of decision 0011 is not found.',
    shown: {
      tests: [
        cite('functions/process-stream/card-numbers.test.ts', 'a card number is refused and masked > in %s'),
        cite('core/cards/find.test.ts', 'card numbers are found > at every offset, in whatever surrounds them'),
        cite('functions/observability/log.test.ts', 'an error line has name, message, fault and ids, never what the error carries'),
        cite('functions/process-stream/signals.test.ts', 'the ids of an event are its place, its id and its bin, and nothing that it says'),
      ],
    },
  },
];
