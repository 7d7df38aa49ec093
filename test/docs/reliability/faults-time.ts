import { type CataloguedFault, cite, malformed } from './fault.ts';

/** Clocks and order. */
export const TIME: readonly CataloguedFault[] = [
  {
    number: 49,
    fault: 'An event from years ahead, which would close every window.',
    outcome:
      'More than five minutes ahead of its arrival an event does not move the watermark; more than a day (configurable) and it is quarantined, TIME_IN_FUTURE. Between the two it is accepted.',
    shown: {
      tests: [
        cite(
          'core/time/watermark.test.ts',
          'watermark > an event exactly five minutes ahead of its arrival moves it, one further ahead does not',
        ),
        malformed('event time years ahead of its arrival'),
      ],
      simulated: ['ahead events', 'bad events'],
    },
  },
  {
    number: 50,
    fault: 'An event later than the allowed lateness.',
    outcome:
      'It is late: stored with its lane, judged, listed in late_events and counted, but in no window. There is no command yet that folds it in.',
    shown: {
      tests: [
        cite(
          'functions/process-stream.test.ts',
          'one shard > an event exactly at the lateness bound is accepted, one millisecond below is late',
        ),
        cite('core/time/watermark.test.ts', 'late and final > an event that is not late belongs to no final window'),
      ],
      simulated: ['late events'],
      mutants: ['late by the watermark of the pipeline', 'watermark moves back', 'window closed at its end, not past it'],
    },
  },
  {
    number: 51,
    fault: 'One silent shard holds the watermark of all.',
    outcome:
      'After the idle timeout its floor follows the others, if nothing on it is unread. What then comes below the floor is late, not lost.',
    shown: {
      tests: [
        cite(
          'functions/close-windows.test.ts',
          'idle shards > a silent shard holds the watermark until the idle timeout, then its floor follows the others',
        ),
        cite('functions/close-windows.test.ts', 'idle shards > a record that returns to an idle shard below its floor is late, not lost'),
        cite(
          'property/windows.test.ts',
          'window operators > do what their model does under any commands: each window once, behind the least watermark, and nothing meets a closed one',
        ),
      ],
      simulated: ['reshard'],
      mutants: ['idle child lets its parents go'],
    },
  },
  {
    number: 52,
    fault: 'The clock of the machine steps an hour; a leap second; summer time.',
    outcome:
      'Verdicts go by event and arrival time. The clock of the functions decides only on idleness, timeouts and expiry. A second of 60 is quarantined, and so is a time that is not UTC.',
    shown: {
      tests: [
        cite('core/events/timestamp.test.ts', 'parseTime > a second of 60 is refused, even where the calendar had one'),
        malformed('event time at offset +02:00'),
        cite('repository.test.ts', 'conventions of the repository > $name', 'core/ has no clock, chance, timer or process'),
      ],
      simulated: ['clock'],
    },
  },
];
