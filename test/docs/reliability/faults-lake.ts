import { type CataloguedFault, cite } from './fault.ts';

const NO_BACKFILL = 'backfill, generations and manifests are designed and not built yet: the lake has landing files only';

/** The lake: repeats, columns, files, and what will rewrite it. */
export const LAKE: readonly CataloguedFault[] = [
  {
    number: 63,
    fault: 'A backfill runs twice, or two overlap.',
    outcome: 'There is no backfill yet.',
    shown: { outOfModel: NO_BACKFILL },
  },
  {
    number: 64,
    fault: 'A backfill dies before its result is published.',
    outcome: 'There is no backfill yet.',
    shown: { outOfModel: NO_BACKFILL },
  },
  {
    number: 65,
    fault: 'Somebody reads while a partition is swapped.',
    outcome: 'Nothing swaps partitions yet. Hours are registered one by one and not projected, so that one update can swap one.',
    shown: { outOfModel: NO_BACKFILL },
  },
  {
    number: 66,
    fault: 'More parts of a backfill fail than are tolerated.',
    outcome: 'There is no backfill yet.',
    shown: { outOfModel: NO_BACKFILL },
  },
  {
    number: 67,
    fault: 'Stream and backfill both own a window.',
    outcome: 'There is no backfill yet: the stream owns all windows.',
    shown: { outOfModel: NO_BACKFILL },
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
      'A file gets its name only when it is whole, so a crash leaves none by half. Nothing reads a landed file back: a query over a damaged one fails.',
    shown: { outOfModel: 'reading back before publishing comes with generations, which are not built yet' },
  },
];
