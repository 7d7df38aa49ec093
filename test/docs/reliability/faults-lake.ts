import { type CataloguedFault, cite } from './fault.ts';

const STATES = 'local/workflow/states.test.ts';
const FAULTS = 'functions/backfill/faults.slow.test.ts';
const PUBLISH = 'functions/backfill/publish.slow.test.ts';

/** The lake: repeats, columns, files, and what will recompute it. */
export const LAKE: readonly CataloguedFault[] = [
  {
    number: 63,
    fault: 'A backfill runs twice, or two overlap.',
    outcome:
      'Again does no harm: what was decided to be published stands. Of two that overlap the second is refused, BACKFILL_OVERLAPS, with the name of the first, unless both only verify.',
    shown: {
      tests: [
        cite(PUBLISH, 'two operators at once > cannot publish the same hours: the second is told who is at it'),
        cite(PUBLISH, 'correct > is what a later verification expects, and again changes nothing'),
        cite(FAULTS, 'one that is begun again behind its publishing ends as if it had not been'),
      ],
    },
  },
  {
    number: 64,
    fault: 'A backfill dies before its result is published.',
    outcome: 'Nothing that is published has changed. The same backfill goes on with --resume, to the same rows, or ends with --abandon.',
    shown: {
      tests: [
        cite(FAULTS, 'steps that die at their first write and are repeated, each twice, come to the same rows'),
        cite(STATES, '%s > that meets passing faults goes on where it was'),
      ],
    },
  },
  {
    number: 65,
    fault: 'Somebody reads while a partition is swapped.',
    outcome: 'A query sees the old generation or the new one, whole: one write of a manifest, or one update of the catalogue, swaps them.',
    shown: {
      tests: [
        cite(
          'lake/compaction/readers.slow.test.ts',
          'queries that run all through swaps see an old generation or a new one whole, never a mix',
        ),
        cite(
          'lake/compaction/edges.test.ts',
          'a reader that meets the first compaction of an hour > does not take its manifest for lost, though it was not there when manifests were listed',
        ),
      ],
    },
  },
  {
    number: 66,
    fault: 'More parts of a backfill fail than are tolerated.',
    outcome: 'None is tolerated: the first that gives up ends the others, nothing is published, and its error is that of the backfill.',
    shown: {
      tests: [cite(STATES, 'an error of one item ends the map: no other item is begun, and its name is that of the execution')],
    },
  },
  {
    number: 67,
    fault: 'Stream and backfill both own a window.',
    outcome:
      'A backfill looks at windows only that were final when it began, by the ledger; a range that is not is refused, NOTHING_FINAL. Late files beside what it published are taken in by compaction.',
    shown: {
      tests: [
        cite(PUBLISH, 'a range that is not final is refused by name'),
        cite(PUBLISH, 'correct > stays when the hours are compacted afterwards, and takes late files in'),
      ],
    },
  },
  {
    number: 68,
    fault: 'Delivery writes a row twice.',
    outcome: 'A repeat is the same row. Views show it once, by its id; the landed tables show both.',
    shown: {
      tests: [
        cite('glue/views.test.ts', 'the view of an event table > shows a row landed twice once'),
        cite('local/sql/lake-sql.test.ts', 'SQL on the lake > hides repeats in views and shows them in the landing schema'),
        cite('functions/adapters/firehose-delivery.test.ts', 'a lost reply sends the call again: rows may repeat, none is missing'),
      ],
      simulated: ['lose', 'part', 'crash-after'],
      mutants: ['context not recorded'],
    },
  },
  {
    number: 69,
    fault: 'A field is added that the catalogue lacks, and is dropped without a word.',
    outcome: 'Catalogue, delivery and rows come from the one definition. A change that would break stored files fails the synthesis.',
    shown: {
      tests: [
        cite(
          'infra/lake.test.ts',
          'in the size %s > each table of the definition is in the catalogue, with its columns and partition keys',
        ),
        cite('infra/lake.test.ts', 'in the size %s > each table has a delivery stream that makes Parquet by the columns of the catalogue'),
        cite('glue/evolution.test.ts', 'a change of schema > %s is refused', 'a removed column', 'a changed type'),
      ],
    },
  },
  {
    number: 70,
    fault: 'The role of delivery lacks a grant.',
    outcome:
      'Grants are IAM statements; Lake Formation is not used. Rows that do not arrive within three buffers (15 to 45 minutes) raise an alarm; what cannot be converted goes to a folder of its own, with an alarm too.',
    shown: {
      tests: [
        cite('infra/watching.test.ts', 'in the size %s > there are alarms when rows of %s are not converted, and when they do not arrive'),
        cite(
          'infra/lake.test.ts',
          'in the size %s > rows that cannot be delivered go to a folder of their own, outside of the lake, by kind of error',
        ),
      ],
    },
  },
  {
    number: 72,
    fault: 'A Parquet file is cut, or its footer is damaged.',
    outcome:
      'A file gets its name only when it is whole, so a crash leaves none by half. One that is damaged later keeps back its own hour, FILE_UNREADABLE: queries go on without it and say so, and it can be set aside.',
    shown: {
      tests: [
        cite(
          'lake/compaction/faults.test.ts',
          'a landing file that is no whole Parquet file > keeps back its own hour only; queries go on without it and say so; set aside, the hour goes on',
        ),
        cite('lake/compaction/faults.test.ts', 'a landing file that is no whole Parquet file > is found though its magic bytes are there'),
      ],
    },
  },
];
