import { type CataloguedFault, cite } from './fault.ts';

const FOLDER = 'local/erasure/folder.slow.test.ts';
const INTERRUPTED = 'local/erasure/interrupted.slow.test.ts';
const FAULTS = 'functions/forget/faults.slow.test.ts';
const EVENTS = 'lake/erasure/events.test.ts';

/** Erasure of a key: it ends everywhere or can be gone on with, and nothing else changes. */
export const ERASURE: readonly CataloguedFault[] = [
  {
    number: 96,
    fault: 'A process dies in forget.',
    outcome: 'Each row is the old one or the masked one. The receipt says begun, and the same command finishes it under the same id.',
    shown: {
      tests: [
        cite(INTERRUPTED, 'a process that dies while it forgets > leaves old or masked rows, and the same command finishes it: %s a call'),
      ],
    },
  },
  {
    number: 97,
    fault: 'A compaction is at work on what is being erased.',
    outcome:
      'In a data folder a claim keeps them apart. Without it one of the two begins an hour anew, and the rows end masked, each once.',
    shown: { tests: [cite(INTERRUPTED, 'a compaction at the same time: the rows end masked, each once')] },
  },
  {
    number: 98,
    fault: 'A backfill is at work, or was stopped, when a key is to be forgotten; or one begins meanwhile.',
    outcome:
      'Forget refuses, with the name of the backfill and how to end it. No backfill begins before an erasure has ended. What ended ones kept of rows goes.',
    shown: {
      tests: [
        cite(FAULTS, 'a backfill and an erasure > one that was stopped must be finished or given up first, and says how'),
        cite(
          FAULTS,
          'a backfill and an erasure > none begins while an erasure is at work or was stopped, whatever its mode; afterwards it does',
        ),
        cite(FAULTS, 'a backfill and an erasure > what ended ones still say of rows goes, and what they did stays known'),
      ],
    },
  },
  {
    number: 99,
    fault: 'Two operators forget the same key at once.',
    outcome: 'It ends masked, each row there once; whoever lost a race is told, and the same command finds nothing left to do.',
    shown: { tests: [cite(FAULTS, 'two operators who forget one card at once: it is masked, and each row is there once')] },
  },
  {
    number: 100,
    fault: 'The data folder is in use, or its stream is not drained, when a key is to be forgotten.',
    outcome:
      'Forget refuses a folder in use, one whose process was killed, one with an unfinished run, and one with an unfinished batch, and says what to do first.',
    shown: {
      tests: [
        cite(FOLDER, 'forget refuses > a folder in use, one whose process was killed, and a stack'),
        cite(FOLDER, 'forget refuses > a folder with a run that has not ended'),
        cite(FAULTS, 'a batch that was begun and not finished must be finished first, and nothing is masked before'),
      ],
    },
  },
  {
    number: 101,
    fault: 'The manifest of an hour that has the key is damaged.',
    outcome: 'MANIFEST_DAMAGED before anything changes; headrace compact --repair mends it, and the same command goes on.',
    shown: { tests: [cite(FOLDER, 'forget refuses > an hour with a damaged manifest, by name')] },
  },
  {
    number: 102,
    fault: 'A file that was set aside has the key, and perhaps nobody can read it.',
    outcome: 'It is removed if it can be read and has the key. One that cannot be read stays, and the receipt names it.',
    shown: { tests: [cite(FAULTS, 'a file that was set aside goes; one that nobody can read stays, and the receipt names it')] },
  },
  {
    number: 103,
    fault: 'A key is written with escapes of JSON.',
    outcome: 'Events are found by what they say, however it is written.',
    shown: { tests: [cite(EVENTS, 'an event of the subject > is found however its key is written, and others are left alone')] },
  },
  {
    number: 104,
    fault: 'A key stands in a record that is no valid event.',
    outcome:
      'The record keeps its reason, if that can be shown without the key; otherwise it becomes the word erased. Records of others stay.',
    shown: {
      tests: [
        cite(EVENTS, 'a refused record of the subject > is refused for the same reason once masked'),
        cite(
          EVENTS,
          'a refused record of the subject > is erased whole where only a part of it could not be: %s',
          'broken JSON',
          'a word of plain text',
          'its partition key',
          'deep inside',
        ),
        cite(EVENTS, 'a refused record of the subject > of somebody else stays: %s'),
      ],
    },
  },
  {
    number: 105,
    fault: 'A key is forgotten again.',
    outcome: 'Nothing changes, and the receipt of the first time is shown.',
    shown: { tests: [cite(FOLDER, 'a folder after forget > is left alone by the same command, and lists a receipt without the key')] },
  },
  {
    number: 106,
    fault: 'Forget may not write an hour that it is to mask.',
    outcome: 'The error says so. The old rows stay readable, and once it may write, the same command finishes it.',
    shown: { tests: [cite(FAULTS, 'a denied permission: old rows stay readable, the error says so, and the same command finishes it')] },
  },
  {
    number: 107,
    fault: 'Rows are masked otherwise than their archived records.',
    outcome:
      'A replay of the archive finds it: after an erasure it must give every row as it is published, around corrections and compactions too.',
    shown: {
      tests: [
        cite(
          'functions/forget/law.slow.test.ts',
          'after forget a replay of the archive gives what is published > row for row, of decisions, windows, sessions and bad data',
        ),
        cite(
          'functions/forget/law.slow.test.ts',
          'after forget a replay of the archive gives what is published > where late events were folded in before, or are folded in afterwards',
        ),
      ],
    },
  },
];
