import { type CataloguedFault, cite } from './fault.ts';

const FAILS = cite(
  'functions/process-stream-faults.slow.test.ts',
  'redelivery > a failure at any one I/O call changes no row and no counter, merging slices past %s',
);
const WAKES = cite(
  'functions/process-stream.test.ts',
  'redelivery > an instance that wakes up at any I/O call, after others went on, changes nothing, merging slices past %s',
);
const BOUNDARIES = cite(
  'functions/process-stream.test.ts',
  'redelivery > any batch boundaries give the same rows, however often slices are merged, and leave no window state',
);

/** Instances that die, answers that are lost, batches that come again. */
export const CRASHES: readonly CataloguedFault[] = [
  {
    number: 1,
    fault: 'An instance dies before it has written anything.',
    outcome: 'The batch is handed out again and counts once.',
    shown: { tests: [FAILS], simulated: ['crash'], mutants: ['error swallowed'] },
  },
  {
    number: 2,
    fault: 'An instance dies between two writes of a batch.',
    outcome:
      'The retry reuses the verdicts that profiles hold and writes the rest. Window links count only once the shard item names them.',
    shown: { tests: [FAILS], simulated: ['crash', 'part'], mutants: ['ADD: every try adds', 'seen-id set'] },
  },
  {
    number: 3,
    fault: 'An instance dies after the last write, before its answer.',
    outcome: 'The whole batch comes again; all of it lies at or below the position of the shard and is passed over.',
    shown: {
      tests: [FAILS, cite('functions/process-stream.test.ts', 'redelivery > a finished batch that comes again changes nothing')],
      simulated: ['crash-after'],
      mutants: ['finished records added again'],
    },
  },
  {
    number: 4,
    fault: 'A write applies, its reply is lost, and it is sent again.',
    outcome: 'The condition fails; the store compares the item with what it meant to write, and equal means done.',
    shown: {
      tests: [
        cite(
          'functions/adapters/dynamo-state-store.test.ts',
          'a lost reply to a write > counts as applied when the stored item is what was written',
        ),
        cite('functions/adapters/dynamo-state-store.test.ts', 'a lost reply to a write > does not hide that another writer was first'),
      ],
      simulated: ['lose'],
    },
  },
  {
    number: 5,
    fault: 'A write of a call that was given up lands after the retry.',
    outcome: 'Its version does not fit and it is refused. A link it leaves is in no chain, so nothing reads it.',
    shown: {
      tests: [WAKES],
      simulated: ['late', 'crash-late', 'stall'],
      mutants: ['no compare-and-swap', 'overdue instance not stopped', 'blocks of ids share a name'],
    },
  },
  {
    number: 6,
    fault: 'The mapping hands out a finished batch again.',
    outcome: 'Nothing changes. There is no counter of such batches.',
    shown: {
      tests: [cite('functions/process-stream.test.ts', 'redelivery > a finished batch that comes again changes nothing')],
      simulated: ['redeliver'],
      mutants: ['finished records added again'],
    },
  },
  {
    number: 7,
    fault: 'A failed batch comes again in halves.',
    outcome: 'The same rows and totals.',
    shown: {
      tests: [
        BOUNDARIES,
        cite(
          'local/mapping/live.test.ts',
          'event source mapping > a batch that throws is halved, first half first, and nothing is skipped',
        ),
      ],
      simulated: ['batch size'],
      mutants: ['context not recorded'],
    },
  },
  {
    number: 8,
    fault: 'A failed batch comes again with more records behind it.',
    outcome: 'It is judged by the recorded context and ends where the failed one ended; the rest is a batch of its own.',
    shown: {
      tests: [
        BOUNDARIES,
        cite(
          'functions/process-stream.test.ts',
          'redelivery > a retry is judged by the context recorded before, even if the closer went on meanwhile',
        ),
      ],
      simulated: ['batch size', 'redeliver'],
      mutants: ['context not recorded', 'tiles by the frontier of now'],
    },
  },
  {
    number: 9,
    fault: 'A batch is done in part; good records behind the failed one come again.',
    outcome: 'The answer names the first record that is not done. What lies below the position of the shard is passed over.',
    shown: {
      tests: [
        cite(
          'functions/process-stream/handler.test.ts',
          'a call whose time is up names the first record left; the next call goes on from there',
        ),
        cite(
          'local/mapping/live.test.ts',
          'event source mapping > a partial answer goes on from the lowest failed sequence number, later good records come again',
        ),
      ],
      simulated: ['stall', 'redeliver'],
    },
  },
  {
    number: 55,
    fault: 'A call takes as long as it may, or starts slowly.',
    outcome:
      'A minute before its end it begins no further part and names the first record left. One that is cut off is number 5; a new instance trusts no state from before.',
    shown: {
      tests: [
        cite(
          'functions/process-stream/handler.test.ts',
          'a call whose time is up names the first record left; the next call goes on from there',
        ),
        cite('functions/observability/log.test.ts', 'a function stops a minute before its end, or at half of what it has if that is less'),
      ],
      simulated: ['stall', 'cold'],
      mutants: ['warm state kept when others were there', 'overdue instance not stopped'],
    },
  },
  {
    number: 56,
    fault: 'The handler runs out of memory.',
    outcome:
      'To the pipeline that is a crash: the batch comes again, halved. Limits on records, keys and parts (numbers 31 and 44) bound what one record takes.',
    shown: {
      tests: [
        cite('property/fuzz.slow.test.ts', 'the fuzzer itself > the command ends with one line of figures, within its limits'),
        cite(
          'local/mapping/live.test.ts',
          'event source mapping > a batch that throws is halved, first half first, and nothing is skipped',
        ),
      ],
      simulated: ['crash'],
    },
  },
  {
    number: 57,
    fault: 'Two versions of the functions take turns on one shard.',
    outcome:
      'Each batch is judged by the definition and the rules recorded for it. A build older than the definition on record fails its batch and changes nothing.',
    shown: {
      tests: [
        cite('functions/process-stream/handler.test.ts', 'a build older than the definition on record fails the batch and changes nothing'),
      ],
      simulated: ['version'],
      mutants: ['context not recorded'],
    },
  },
  {
    number: 58,
    fault: 'A new version throws.',
    outcome: 'It acknowledges nothing, its errors raise an alarm, and records wait. Nobody rolls it back: operators deploy again.',
    shown: {
      tests: [cite('infra/watching.test.ts', 'in the size %s > there are alarms when %s fails, and when it is not started')],
      simulated: ['refuse'],
      mutants: ['error swallowed'],
    },
  },
];
