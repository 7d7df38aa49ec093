import { type CataloguedFault, cite, malformed } from './fault.ts';

const RESPONSE = 'local/mapping/response.test.ts';
const MAPPING = cite(
  'infra/stream-and-state.test.ts',
  'in the size %s > the mapping retries without end, takes partial answers, bisects, and gives a shard one batch at a time',
);

/** The event source mapping: what its answers mean, and what it must never do. */
export const MAPPING_FAULTS: readonly CataloguedFault[] = [
  {
    number: 10,
    fault: 'The handler swallows an error and answers with nothing, which means success.',
    outcome: 'The handler catches nothing: every fault of a service leaves it as an exception, and the batch fails.',
    shown: {
      tests: [
        cite(
          'functions/process-stream-faults.slow.test.ts',
          'redelivery > a failure at any one I/O call changes no row and no counter, merging slices past %s',
        ),
        cite(RESPONSE, 'partial batch response > %s is success of the whole batch'),
      ],
      simulated: ['refuse'],
      mutants: ['error swallowed'],
    },
  },
  {
    number: 11,
    fault: 'The answer names an empty or unknown record.',
    outcome: 'The handler names a record of its own batch or none; no schema checks it. The mapping fails the whole batch otherwise.',
    shown: {
      tests: [
        cite(
          RESPONSE,
          'partial batch response > %s fails the whole batch',
          'a null identifier',
          'an empty identifier',
          'an unknown identifier beside a good one',
        ),
        cite(
          'functions/process-stream/handler.test.ts',
          'a call whose time is up names the first record left; the next call goes on from there',
        ),
      ],
    },
  },
  {
    number: 12,
    fault: 'A record that can never be read, with retries without end.',
    outcome: 'It goes to quarantine with its code and its bytes in the same batch and counts as done; the shard goes on.',
    shown: {
      tests: [
        cite('functions/process-stream.test.ts', 'one shard > bad data is quarantined and the rest goes on'),
        malformed('event cut short'),
      ],
      simulated: ['bad events'],
    },
  },
  {
    number: 13,
    fault: 'Quarantine itself cannot be written.',
    outcome: 'Its rows travel with all others: delivery fails, so the batch fails and is tried again. Nothing is acknowledged.',
    shown: {
      tests: [cite('functions/adapters/firehose-delivery.test.ts', 'records refused for good are a retriable error that names the stream')],
      simulated: ['refuse', 'part', 'bad events'],
      mutants: ['error swallowed'],
    },
  },
  {
    number: 14,
    fault: 'The mapping gives a batch up after some tries.',
    outcome: 'It is set never to. Should it, the records go to a bucket and an alarm tells, and the shard goes on behind them.',
    shown: {
      tests: [
        MAPPING,
        cite(
          'infra/watching.test.ts',
          'in the size %s > there is an alarm when %s',
          'the mapping writes an on-failure object',
          'the mapping drops records',
        ),
        cite(
          'local/mapping/live.test.ts',
          'event source mapping > a record that fails again and again is tried without end and never discarded',
        ),
        cite(
          'functions/process-stream/handler.test.ts',
          'when a begun batch fails at call %d and its records leave the stream, the next batch goes on',
        ),
      ],
      mutants: ['discard after three tries'],
    },
  },
  {
    number: 15,
    fault: 'A batch is given up when a part of it was written.',
    outcome:
      'Nothing gives batches up. Should it happen, the shard goes on; sending the records again mends only what was not written: the ids of the written part are known, so those events count as repeats and are missing in windows.',
    shown: { outOfModel: 'repair is a recomputation from the archive, which is not built yet' },
  },
  {
    number: 16,
    fault: 'Records that were given up are kept as references only, and the stream forgets them.',
    outcome: 'The target is a bucket, which takes the records themselves.',
    shown: {
      tests: [
        cite(
          'infra/stream-and-state.test.ts',
          'in the size %s > what the mapping would give up goes to the failures bucket, which its role may write',
        ),
      ],
    },
  },
  {
    number: 17,
    fault: 'Several batches of one shard at a time.',
    outcome: 'The factor is a constant, 1, and no configuration reaches it.',
    shown: { tests: [MAPPING], mutants: ['two batches of a shard at once'] },
  },
  {
    number: 18,
    fault: 'A batch library works on records of one key in parallel.',
    outcome: 'No batch library is used; a loop judges records one after another.',
    shown: { byConstruction: 'of Powertools only logger, metrics and tracer are dependencies' },
  },
  {
    number: 54,
    fault: 'A shard is throttled, or the consumer is slower than its producers.',
    outcome:
      'Records wait up to a week. Alarms tell after 15 minutes and at half of that week. Unread records keep the shard in the minimum, so no window closes without them.',
    shown: {
      tests: [
        cite(
          'infra/watching.test.ts',
          'in the size %s > there is an alarm when %s',
          'the iterator is as old as half of the retention',
          'readers are refused',
        ),
        cite(
          'functions/close-windows.test.ts',
          'idle shards > a throttled consumer is not an idle producer: unread records keep the shard in the minimum',
        ),
      ],
      simulated: ['refuse', 'stall'],
    },
  },
];
