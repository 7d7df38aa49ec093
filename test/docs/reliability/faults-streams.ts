import { type CataloguedFault, cite } from './fault.ts';

/** Splits, merges, and producers that send twice or not at all. */
export const STREAMS: readonly CataloguedFault[] = [
  {
    number: 34,
    fault: 'After a split a child is read before its parent is done.',
    outcome: 'The one-machine mapping holds a child back until its parents are drained, as AWS says that Lambda does; order per key holds.',
    shown: {
      tests: [
        cite('local/mapping/live.test.ts', 'event source mapping > children are read only after all their parents are drained'),
        cite(
          'local/mapping/endpoint.test.ts',
          'mapping over the real endpoint > records put before, during and after a split and a merge are read once each, parents first, under failures',
        ),
      ],
      simulated: ['reshard'],
      mutants: ['child before its parents', 'child takes no floor from its parents'],
    },
  },
  {
    number: 35,
    fault: 'A merged shard is read when only one of its parents is done.',
    outcome: 'Both are waited for, and it starts at the least watermark of both.',
    shown: {
      tests: [
        cite('functions/close-windows.test.ts', 'resharding > after a merge the child starts at the least watermark of both parents'),
        cite('local/mapping/live.test.ts', 'event source mapping > children are read only after all their parents are drained'),
      ],
      simulated: ['reshard', 'stale-list'],
      mutants: ['merge with one parent', 'idle child lets its parents go', 'old list of shards believed'],
    },
  },
  {
    number: 36,
    fault: 'A repeat comes after a reshard, or after a crash between noting an id and counting its event.',
    outcome:
      'Ids live with the key and hold the place first accepted: the event at that place counts on every retry, any other is a repeat.',
    shown: {
      tests: [cite('functions/close-windows.test.ts', 'resharding > a repeat that straddles a reshard is still a duplicate')],
      simulated: ['resend', 'reshard', 'crash-after'],
      mutants: ['seen-id set', 'ids capped by count', 'ids forgotten by the shard that is ahead', 'duplicate memory too short'],
    },
  },
  {
    number: 38,
    fault: 'The stream takes some records of a call and refuses others.',
    outcome: 'Only those refused are sent again, with jitter, and nothing of their shard overtakes them.',
    shown: {
      tests: [
        cite(
          'functions/adapters/kinesis-producer.test.ts',
          'records that a call refuses > are sent again, only those, and nothing of the same shard overtakes them',
        ),
        cite(
          'local/feed/sender.test.ts',
          'sender > every pack is put once and in order per shard, whatever calls are refused in part or lost',
        ),
      ],
    },
  },
  {
    number: 39,
    fault: 'A producer sends an event again, at once or minutes later.',
    outcome:
      'The same id at another place is dropped and counted as duplicate; at the same place it is our own redelivery and counts as it did.',
    shown: {
      tests: [
        cite('functions/process-stream.test.ts', 'one shard > a repeat of an event id is a duplicate and counts nowhere'),
        cite('functions/process-stream.test.ts', 'one shard > a duplicate is judged before late'),
      ],
      simulated: ['resend', 'redeliver'],
      mutants: ['duplicate memory too short', 'ids capped by count', 'spilled ids not asked'],
    },
  },
  {
    number: 40,
    fault: 'A producer dies with events that it has not sent.',
    outcome:
      'Our producer keeps nothing back: a call ends when the stream has its events, or throws. A feed from files finds its place again and leaves the stream as if it had never stopped.',
    shown: {
      tests: [
        cite(
          'functions/adapters/kinesis-producer.test.ts',
          'records that a call refuses > for good are a retriable error, and what was queued is not sent later',
        ),
        cite('local/feed/feed.test.ts', 'a feed cut off at any put and started again leaves the same stream as one that was not'),
      ],
    },
  },
  {
    number: 41,
    fault: 'An event is larger than the stream, a batch or a delivery record can take.',
    outcome:
      'The producer refuses it by size before it sends. From a file it goes to quarantine, as does any event over 256 KiB; a row too large for delivery lands as a file of its own. Events are not parked elsewhere and sent as references.',
    shown: {
      tests: [
        cite(
          'contract/event-producer.ts',
          'event producer: <name> > an event that no record can hold is named, and nothing of its call is sent',
        ),
        cite(
          'e2e/oversize.test.ts',
          'a line that no stream record can hold is in quarantine and in the balance, and the lines around it go on',
        ),
        cite(
          'functions/adapters/firehose-delivery.test.ts',
          'a row too large for a record lands in the lake by itself, and the others go on',
        ),
      ],
    },
  },
  {
    number: 53,
    fault: 'One key has nearly all of the traffic.',
    outcome:
      'Its shard falls behind and producers may be refused, both with an alarm; nothing is lost, and its ids move into blocks. Other shards go on, but windows close at the pace of the slowest.',
    shown: {
      tests: [
        cite(
          'functions/process-stream.test.ts',
          'a busy key > ids spill out of the profile and repeats of spilled ones are still duplicates, also for a new instance',
        ),
        cite('infra/watching.test.ts', 'in the size %s > there is an alarm when %s', 'producers are refused'),
        cite(
          'functions/close-windows.test.ts',
          'closing > an event of an accepted shard never meets a closed window: the slowest shard holds the close',
        ),
      ],
      mutants: ['spilled ids not asked'],
    },
  },
];
