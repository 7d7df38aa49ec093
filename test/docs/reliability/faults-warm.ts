import { type CataloguedFault, cite } from './fault.ts';

const CRASH = 'functions/warm-start/crash.slow.test.ts';
const HISTORY = 'functions/warm-start/history.slow.test.ts';

/** New features: what befalls the filling of them. */
export const WARM: readonly CataloguedFault[] = [
  {
    number: 114,
    fault: 'A definition gains features while a batch is unfinished, or the start that fills them dies.',
    outcome: 'Each event counts once. A start that died is done again by the next one; a ring is on record only once it is whole.',
    shown: {
      tests: [
        cite(CRASH, 'events of a batch that was cut off at any call count once (after it took effect: %s)'),
        cite(CRASH, 'a start that dies at any call is done again, and leaves the same'),
        cite(
          'e2e/warm-start.slow.test.ts',
          'headrace run with a changed pipeline > finishes what a kill cut off, and counts each event once',
        ),
      ],
    },
  },
  {
    number: 115,
    fault: 'The archive has lost records that a new feature needs, or the stream has lost an unfinished batch.',
    outcome: 'HISTORY_INCOMPLETE or BATCH_LOST before anything is processed; with --accept-cold it is recorded, and each start says so.',
    shown: {
      tests: [
        cite(HISTORY, 'history that is missing > is named, with what to do, and nothing is on record that is not whole'),
        cite(HISTORY, 'history that is missing > can be accepted, which is recorded and said until the windows are whole'),
        cite(HISTORY, 'history that is missing > is what an unfinished batch is that the stream has lost'),
      ],
    },
  },
];
