import { type CataloguedFault, cite } from './fault.ts';

const CHANGE = 'lake/rules/change.test.ts';

/** Changes of rules: what befalls them, and changes that must not be made. */
export const RULES: readonly CataloguedFault[] = [
  {
    number: 111,
    fault: 'Rules change while shards judge, and some processors have not heard of it.',
    outcome:
      'An entry of the log is for event times that no processor can meet without having read it. Each event is judged by the rules of its time, late and repeated ones too.',
    shown: {
      tests: [
        cite(
          'functions/process-stream/rules-in-force.test.ts',
          'every shard judges an event by the rules of its time, whichever instance, whenever it comes',
        ),
        cite('functions/process-stream/rules-in-force.test.ts', 'a batch that was begun ends with the rules it was begun with'),
      ],
      mutants: ['rules as they once were read', 'rules of the newest change for all times'],
    },
  },
  {
    number: 112,
    fault: 'The log of rule changes cannot be read.',
    outcome: 'The batch fails after 30 seconds and comes again: no event is judged by rules that may be out of force.',
    shown: {
      tests: [
        cite(
          CHANGE,
          'the book of a processor > is read anew once it is old, and where a clock was set back; what cannot be read fails the batch',
        ),
      ],
    },
  },
  {
    number: 113,
    fault: 'A change of rules is broken, edits a version in place, or is made by one person where two are asked for.',
    outcome: 'It is refused with one message, and the rules in force stay.',
    shown: {
      tests: [
        cite(
          CHANGE,
          'a change > %s is refused, and nothing changes',
          'to rules that do not compile',
          'of a rule under its old version',
          'for a time that may have been judged',
        ),
        cite(CHANGE, 'where two people are asked for > a change waits, and is in force from the time of the second word at the earliest'),
      ],
    },
  },
];
