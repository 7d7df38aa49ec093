import { type CataloguedFault, cite } from './fault.ts';

const FAULTS = 'lake/compaction/faults.test.ts';
const STORE_FAULTS = 'lake/compaction/store-faults.slow.test.ts';
const CRASH = 'lake/compaction/crash.slow.test.ts';
const DROP = 'lake/compaction/drop.test.ts';
const DROP_CRASH = 'lake/compaction/drop-crash.slow.test.ts';
const EDGES = 'lake/compaction/edges.test.ts';

/** Compaction and retention of the lake: what is published stays readable, whatever happens to its files. */
export const GENERATIONS: readonly CataloguedFault[] = [
  {
    number: 77,
    fault: 'A file of a published generation is lost.',
    outcome:
      'Queries take the newest whole generation and what landed since, and say so. Compaction makes a new one from what is kept; if nothing is, it stops with OBJECT_MISSING.',
    shown: {
      tests: [
        cite(
          FAULTS,
          'a published file that is lost > is replaced from the landing files while they are kept: queries and compaction lose nothing',
        ),
        cite(FAULTS, 'a published file that is lost > is replaced from the generation before'),
        cite(FAULTS, 'a published file that is lost > stops its hour with a named error when nothing is left to replace it from'),
      ],
    },
  },
  {
    number: 78,
    fault: 'A landing file has an older or a newer schema than the code, or lies in the folder of another hour.',
    outcome:
      'Nullable columns that an older one lacks are null. Otherwise its hour stops with SCHEMA_NEWER or SCHEMA_MISMATCH; what was published stays.',
    shown: {
      tests: [
        cite(FAULTS, 'files of another schema > an older one without a nullable column is compacted with nulls'),
        cite(
          FAULTS,
          'files of another schema > %s stops its hour, and what was published stays',
          'a newer one with a column that this build would lose',
          'one without a column that every row fills',
        ),
        cite(
          FAULTS,
          'files of another schema > with %s: queries leave it out and say so, the status shows it, its hour stops',
          'text for an integer',
          'another table',
        ),
        cite(
          'lake/compaction/misplaced.test.ts',
          'a landing file in the folder of another hour stops that hour by name; set aside, the hour goes on',
        ),
      ],
    },
  },
  {
    number: 79,
    fault: 'A manifest is edited by other hands, cut short, or lost, or an outdated one is put back.',
    outcome:
      'Queries go on with the newest whole generation, by its receipt. Nothing is swept; compaction stops with MANIFEST_DAMAGED until --repair makes the manifest anew.',
    shown: {
      tests: [
        cite(
          FAULTS,
          'a manifest that Headrace did not write so > %s: queries go on, compaction stops with a named error, --repair makes it anew',
          'edited',
          'cut short',
          'something else',
          'of another hour',
        ),
        cite(FAULTS, 'a manifest that Headrace did not write so > lost: generations say by their receipts what they are'),
        cite(
          'lake/compaction/outdated.test.ts',
          'a manifest from before a generation is damaged: nothing is swept, queries see the newest generation, --repair goes on',
        ),
      ],
    },
  },
  {
    number: 80,
    fault: 'A later build wrote the manifest.',
    outcome: 'MANIFEST_NEWER. Nothing of this build touches it: neither compaction nor --repair, nor does its hour leave at its age.',
    shown: {
      tests: [
        cite(FAULTS, 'a manifest that Headrace did not write so > written by a later build: nothing touches it, --repair neither'),
        cite(DROP, 'an hour with a damaged manifest > of a later build stays: that build will know'),
      ],
    },
  },
  {
    number: 81,
    fault: 'The store refuses a write of compaction: the disk is full, or a permission is missing.',
    outcome: 'The error says so. The old generation stays, nothing is left over, and the next try does it.',
    shown: {
      tests: [
        cite(
          STORE_FAULTS,
          'a store that refuses > %s: the error says so, the old generation stays, nothing is left, and the next try does it',
          'a full disk',
          'a denied permission',
        ),
      ],
    },
  },
  {
    number: 82,
    fault: 'The writer of a generation loses or changes rows.',
    outcome:
      'Another reader counts rows, ids and sums of what was stored. A difference is VERIFICATION_FAILED: not published, and kept as evidence.',
    shown: {
      tests: [
        cite(
          FAULTS,
          'what the witness finds different > is not published; its files stay as evidence, and nobody tries again by himself for a day',
        ),
      ],
    },
  },
  {
    number: 83,
    fault: 'Compaction, its recovery or a sweep dies at any call.',
    outcome: 'Queries see the old generation or the new one, whole. The next compaction and sweep finish, and leave nothing over.',
    shown: {
      tests: [
        cite(
          CRASH,
          'a process that dies in compaction > leaves the old generation or the new one whole, and only what a sweep removes: %s each of its calls',
        ),
        cite(CRASH, 'a process that dies in compaction > may die in the recovery, too: any two deaths'),
        cite(CRASH, 'a process that dies in compaction > may die in a sweep'),
      ],
    },
  },
  {
    number: 84,
    fault: 'Two compactions are at work on one hour.',
    outcome:
      'One publishes; PARTITION_CHANGED is the end of the other, which leaves nothing. In a data folder a claim lets one work at a time; the second is told so, and to wait.',
    shown: {
      tests: [
        cite(CRASH, 'two processes that compact one partition at once publish one generation, and the other one leaves nothing'),
        cite(
          'lake/compaction/lost-race.test.ts',
          'compactions that lose the race to publish leave nothing, and are not taken for tries that were cut off',
        ),
        cite('local/runtime/lock.test.ts', 'of processes that claim a folder at once one gets it: %s'),
        cite(
          'local/runtime/lock.test.ts',
          'a second compaction of a lake is told that another one is at work, in which process, and to wait',
        ),
      ],
    },
  },
  {
    number: 85,
    fault: 'A file lands after its hour was published.',
    outcome:
      'Queries of one machine show it at once, Athena once the hour is compacted again, which the file starts. Rows that are there already are dropped.',
    shown: {
      tests: [
        cite(
          'functions/compact/handler.test.ts',
          'on a landing file > of a published hour that hour is compacted again, but not within five minutes',
        ),
        cite(EDGES, 'an hour > %s is compacted to its rows, once', 'of rows that are all there already'),
      ],
    },
  },
  {
    number: 86,
    fault: 'A sweep dies while an hour leaves its table because of its age, or while its files are removed.',
    outcome: 'The hour is seen whole or not at all, in queries and through the catalogue. The next sweeps finish.',
    shown: {
      tests: [
        cite(
          DROP_CRASH,
          'a process that dies in a sweep that drops an hour > while it %s, %s each of its calls: the hour is seen whole or not at all, and the next sweeps finish',
        ),
      ],
    },
  },
  {
    number: 87,
    fault: 'An hour that leaves its table is being compacted, or gets a late file.',
    outcome: 'The compaction does not publish. The file is not compacted, not registered, hidden with the hour, and removed with it.',
    shown: {
      tests: [
        cite(DROP, 'what meets an hour that leaves > a compaction at work on it does not publish; what it wrote goes with the hour'),
        cite(DROP, 'what meets an hour that leaves > a file that lands late is not seen, not compacted, and goes with the hour'),
        cite(
          DROP,
          'what meets an hour that leaves > a file that lands after all is gone leaves with the next sweep, and nothing goes round in circles',
        ),
        cite(
          DROP,
          'what meets an hour that leaves > a file that lands while files are being removed stays hidden, and the next sweep removes it',
        ),
      ],
    },
  },
  {
    number: 88,
    fault: 'The clock of compaction steps back.',
    outcome: 'A generation is never stamped before the one that it replaces, which therefore is kept as long as it must.',
    shown: { tests: [cite(EDGES, 'a generation that a clock gone back publishes does not make the one before look replaced long ago')] },
  },
];
