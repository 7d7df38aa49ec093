import { type CataloguedFault, cite } from './fault.ts';

const STORE = 'functions/adapters/dynamo-state-store.test.ts';

/** The state table: expiry, throttling, sizes, numbers. */
export const STATE: readonly CataloguedFault[] = [
  {
    number: 19,
    fault: 'A record of what was done expires before the retry comes.',
    outcome: 'Positions live in shard items and profiles, which never expire.',
    shown: { byConstruction: 'only alert items and parked alerts are written with an expiry, of thirty days' },
  },
  {
    number: 20,
    fault: 'A mark of work in progress is left without an expiry.',
    outcome: 'There are no such marks. What a batch began is in the shard item, and the next attempt takes it over.',
    shown: { byConstruction: 'no idempotency library is used' },
  },
  {
    number: 21,
    fault: 'Window state is gone when a batch is delivered again.',
    outcome:
      'Windows do not expire; they are removed once closed and recorded as closed. Records of a finished batch are passed over, and an overdue closer stops before it writes.',
    shown: {
      tests: [
        cite(
          'functions/process-stream.test.ts',
          'redelivery > any batch boundaries give the same rows, however often slices are merged, and leave no window state',
        ),
        cite(
          'core/windows/chain.test.ts',
          'chains of links > a missing link or part is an error that can be tried again, never a smaller sum',
        ),
      ],
      simulated: ['late', 'redeliver', 'closers'],
      mutants: ['windows cleared before the closer has moved on', 'closer is not fenced', 'half of a link read'],
    },
  },
  {
    number: 22,
    fault: 'A read returns an item whose time is over.',
    outcome: 'Every store leaves it out by its own expiry attribute, to the millisecond.',
    shown: {
      tests: [
        cite(
          'contract/state-store.ts',
          'state store: <name> > an item is there at its expiry and gone past it, and can then be made anew at version 1',
        ),
      ],
    },
  },
  {
    number: 23,
    fault: 'The state table is throttled, as a whole or in one partition.',
    outcome: 'Calls wait with jitter, eight times at most; then the batch fails whole. An alarm tells of throttled writes and reads.',
    shown: {
      tests: [
        cite(STORE, 'a throttled table > is tried again with full jitter, and then answers'),
        cite(STORE, 'a throttled table > for good is a retriable error that says so'),
        cite(
          'infra/watching.test.ts',
          'in the size %s > there is an alarm when %s',
          'state writes are throttled',
          'state reads are throttled',
        ),
      ],
      simulated: ['refuse', 'part'],
    },
  },
  {
    number: 24,
    fault: 'An item nears the 400 KB of the table.',
    outcome:
      'Windows are cut into parts, ids move into blocks of their own, bodies are compressed, and an alarm tells at 256 KB. A write past 400 KB is refused by name.',
    shown: {
      tests: [
        cite('core/windows/chain.test.ts', 'chains of links > any groups come back, in parts that an item can hold'),
        cite(
          'functions/process-stream.test.ts',
          'a busy key > ids spill out of the profile and repeats of spilled ones are still duplicates, also for a new instance',
        ),
        cite(
          'functions/process-stream/handler.test.ts',
          'thousands of long ids of one key in one record fit into items, and are known when they come again',
        ),
        cite('infra/watching.test.ts', 'in the size %s > there is an alarm when %s', 'a state item nears its limit'),
        cite(STORE, 'an item over 400 KB is named with its size, and nothing of its call is sent'),
      ],
      mutants: ['spilled ids not asked', 'half of a link read', 'blocks of ids share a name'],
    },
  },
  {
    number: 25,
    fault: 'Two writers meet on one item.',
    outcome: 'No transactions: each write is one swap. Who loses it fails the batch, which is read and judged again.',
    shown: {
      tests: [
        cite(
          'functions/shared-keys.test.ts',
          'a key on two shards at once > whichever shard swaps a profile first has its event; nothing is told of a verdict that was never made',
        ),
        cite('contract/state-store.ts', 'state store: <name> > a write applies only on the expected version, and versions grow by one'),
      ],
      simulated: ['misroute', 'late', 'closers'],
      mutants: ['no compare-and-swap', 'rows before profiles decide'],
    },
  },
  {
    number: 26,
    fault: 'The token of a transaction is used again with other content, or too late.',
    outcome: 'There are no transactions, and so no tokens.',
    shown: { byConstruction: 'the store writes single items, each under a condition on its version' },
  },
  {
    number: 27,
    fault: 'A sequence number of 56 digits is taken for a number.',
    outcome: 'It is text of fixed length everywhere, in state too, and is compared as text.',
    shown: {
      tests: [
        cite(
          'core/decode/position.test.ts',
          'position > text order is order by (sequence, sub-sequence), far past what a float can tell apart',
        ),
      ],
      mutants: ['sequence numbers as Number'],
    },
  },
  {
    number: 37,
    fault: 'The stream is deleted and made again, and its sequence numbers start anew.',
    outcome:
      'The time of its creation is part of the keys of shards and windows. Profiles stay, so known event ids are still repeats. Windows that were open under the old stream are not closed.',
    shown: {
      tests: [
        cite(
          'functions/process-stream/handler.test.ts',
          'the sequence numbers of a stream that was made again count anew, its repeats of known events do not',
        ),
      ],
    },
  },
  {
    number: 71,
    fault: 'An encryption key is disabled, denied or throttled.',
    outcome:
      'A throttled key is tried again like a throttled table. Otherwise the batch fails with one error that names what the key belongs to and what to do; the errors of the function raise its alarm.',
    shown: {
      tests: [
        cite(
          STORE,
          '%s (%s) is one error that says what to do, without another try',
          'not authorized to perform: kms:Decrypt',
          'Enable the KMS key of table state',
        ),
        cite('functions/adapters/sns-subscriber.test.ts', 'a message that fails for good is an error that names the topic', 'KMSDisabled'),
      ],
      simulated: ['refuse'],
      mutants: ['error swallowed'],
    },
  },
];
