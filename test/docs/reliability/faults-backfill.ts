import { type CataloguedFault, cite } from './fault.ts';

const FAULTS = 'functions/backfill/faults.slow.test.ts';
const STATES = 'local/workflow/states.test.ts';
const VERIFY = 'functions/backfill/verify.slow.test.ts';
const APPROVAL = 'local/workflow/approval.test.ts';

/** Backfill: whatever befalls it, what is published stays whole. Faults 62 to 64, 66 and 67 are of it, too. */
export const BACKFILL: readonly CataloguedFault[] = [
  {
    number: 89,
    fault: 'A slice of a backfill dies, takes too long, or is done twice.',
    outcome:
      'It is done again, with growing rests, to the same rows; a slice that never gets through ends the backfill, and nothing is published.',
    shown: {
      tests: [
        cite(FAULTS, 'steps that die at their first write and are repeated, each twice, come to the same rows'),
        cite(STATES, '%s > whose time is up once is tried again; a person who does not answer is not asked again'),
        cite(STATES, '%s whose time is up again and again gives up'),
        cite(STATES, '%s > that is repeated, its reply lost, comes to the same end'),
      ],
    },
  },
  {
    number: 90,
    fault: 'A file of the archive is lost.',
    outcome: 'The archive must hold as many records as the ledger counts: ARCHIVE_INCOMPLETE, before anything is recomputed.',
    shown: {
      tests: [
        cite(
          VERIFY,
          'what is published otherwise than the archive says > archived records that are lost are named before anything is recomputed',
        ),
      ],
    },
  },
  {
    number: 91,
    fault: 'A file of the archive is cut short, or its footer is damaged.',
    outcome: 'FILE_UNREADABLE with the path of the file, at once, before anything is recomputed. What is published stays.',
    shown: {
      tests: [
        cite(
          FAULTS,
          'an archive file that is no whole Parquet file ends a backfill by name, and changes nothing > %s',
          'cut short',
          'empty',
          'overwritten in its footer',
        ),
      ],
    },
  },
  {
    number: 92,
    fault: 'An approval is refused.',
    outcome: 'ApprovalRefused with the name of who did. Nothing was published, so nothing is taken back.',
    shown: { tests: [cite(APPROVAL, 'approval > that is refused publishes nothing, takes nothing back, and says why')] },
  },
  {
    number: 93,
    fault: 'A backfill may not write what it is to publish.',
    outcome: 'The error says so. Hours that were published are taken back, the last first; once it may write, another backfill does it.',
    shown: {
      tests: [cite(FAULTS, 'a denied permission while publishing: what was published is taken back, and another backfill does it')],
    },
  },
  {
    number: 94,
    fault: 'A backfill is killed while it publishes.',
    outcome:
      'Queries see each hour before or after, whole. --resume goes on where it was, --abandon takes all of it back, what was published before the kill too.',
    shown: {
      tests: [
        cite(
          'e2e/kill-backfill.slow.test.ts',
          'kill -9 of headrace backfill while it publishes: queries see hours before or after, and --resume finishes it',
        ),
        cite(FAULTS, 'one that died while it published, and is begun again, can be taken back whole'),
      ],
    },
  },
  {
    number: 95,
    fault: 'Published rows are lost, changed, or too many.',
    outcome: 'Verification ends with VerificationDiffers, the counts and the first of the rows, and exit code 1. It changes nothing.',
    shown: {
      tests: [
        cite(
          VERIFY,
          'what is published otherwise than the archive says > a lost hour, a changed row and one too many are found, and nothing is changed',
        ),
        cite(VERIFY, 'what is published otherwise than the archive says > a record that was put into another bin is a fault'),
      ],
    },
  },
];
