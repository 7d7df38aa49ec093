import { type CataloguedFault, cite } from './fault.ts';

const LOAD = 'functions/load/load.slow.test.ts';
const CLI = 'cli/load.test.ts';

/** Loads of history from files: what befalls them, and files that are not what they should be. */
export const LOADS: readonly CataloguedFault[] = [
  {
    number: 108,
    fault: 'A load of history dies, or is done twice.',
    outcome: 'It counts for nobody until its ledger row is there, which comes last; the same command again comes to the same rows.',
    shown: {
      tests: [
        cite(
          LOAD,
          'a load that dies at any of its calls > counts for nobody until it is whole, and the same again makes it so (%s)',
          'before',
          'after',
        ),
        cite(LOAD, 'a load > that is repeated adds nothing, and reads no file'),
      ],
    },
  },
  {
    number: 109,
    fault: 'Files hold events that the stream, or another load, has already.',
    outcome: 'LOAD_OVERLAPS with both spans, before anything is written: nothing counts twice. What lies beside can be loaded.',
    shown: {
      tests: [
        cite(LOAD, 'a span that is taken > by the stream is refused with both spans, and nothing is counted twice'),
        cite(LOAD, 'a span that is taken > by another load is refused, also while that one is not finished; what lies beside it is not'),
        cite(LOAD, 'a span that is taken > is free again only where the windows that it shares with the stream are final'),
      ],
    },
  },
  {
    number: 110,
    fault: 'Files of a load are empty, not there, or hold lines that are no events.',
    outcome:
      'Broken lines go to quarantine and are counted; files without any event end with LOAD_EMPTY, others that cannot be read with exit code 2.',
    shown: {
      tests: [
        cite(LOAD, 'a load > puts every line into one bin, and its own row into the ledger'),
        cite(LOAD, 'a load > of files with %s is refused, and leaves nothing', 'no line at all', 'no line that is an event'),
        cite(LOAD, 'a load > of a span without an event is refused'),
        cite(CLI, 'files that are not there or not to be read, and flags that mean nothing beside them, are one line and exit code 2'),
      ],
    },
  },
];
