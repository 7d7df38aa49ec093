import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { headrace } from './command-line.ts';

const COMMANDS = readdirSync('cli/commands').map((file) => file.replace('.ts', ''));

/** Bad command lines, with the words that the one line must hold: what, received, allowed. */
const BAD: readonly (readonly [line: string, ...words: string[]])[] = [
  ['', 'command', 'nothing', 'up, run, query'],
  ['fly', 'command', '"fly"', 'up, run, query'],
  ['--json', 'command', '"--json"'],
  ['toString', 'command', '"toString"'],
  ['run', '--input', 'nothing', 'FILE'],
  ['run --input', '--input', 'nothing', 'FILE'],
  ['run --input --json', '--input', '"--json"', 'FILE'],
  ['run a.csv', 'argument', '"a.csv"', '--input'],
  ['run --input a.csv --json b.csv', 'argument', '"b.csv"'],
  ['run --inputs a.csv', 'unknown flag', '"--inputs"', '--input, --import'],
  ['run -i a.csv', 'unknown flag', '"-i"', '--input'],
  ['run --__proto__ x', 'unknown flag', '"--__proto__"'],
  ['run --input nowhere-*.csv', 'no input file', '"nowhere-*.csv"'],
  ['run --input README.md', 'unknown kind', '"README.md"', '.csv'],
  ['run --input package.json --shards 0', '--shards', '"0"', '1..64'],
  ['run --input a.csv --shards 65', '--shards', '"65"', '1..64'],
  ['run --input a.csv --shards -1', '--shards', '"-1"', '1..64'],
  ['run --input a.csv --shards 1.5', '--shards', '"1.5"', '1..64'],
  ['run --input a.csv --shards two', '--shards', '"two"', '1..64'],
  ['run --input a.csv --shards 0x2', '--shards', '"0x2"', '1..64'],
  ['run --input a.csv --shards=', '--shards', '""', '1..64'],
  ['run --input a.csv --shards', '--shards', 'nothing', '1..64'],
  ['run --input a.csv --batch-size 10001', '--batch-size', '"10001"', '1..10000'],
  ['run --input a.csv --json=yes', '--json', '"yes"', 'no value'],
  ['run --input a.csv --type payment', '--type', '"payment"', 'transaction, label'],
  ['run --input a.csv --data=', '--data', '""', 'DIR'],
  ['run --input a.csv --pipeline nowhere', 'pipeline folder', '"nowhere"', 'pipeline.ts'],
  ['up now', 'argument', '"now"', '--data'],
  ['up --port 65536', '--port', '"65536"', '0..65535'],
  ['up --port http', '--port', '"http"', '0..65535'],
  ['up --flush-seconds 0', '--flush-seconds', '"0"', '1..3600'],
  ['up --demo --pipeline examples/sensor-readings', '--demo', '"pipeline sensors"', 'pipeline payments'],
  ['query', 'query', 'nothing', 'SQL'],
  ['query --named nothing', '--named', '"nothing"', 'fraud-by-terminal-and-week'],
  ['query x --named one-customer', 'argument', '"x"', '--named'],
  ['query x --as-of yesterday', '--as-of', '"yesterday"', 'replaced generations are kept for 7 days'],
  ['query x --as-of 2099-01-01T00:00:00Z', '--as-of', '"2099-01-01T00:00:00Z"', 'at most that'],
  ['compact now', 'argument', '"now"', '--data'],
  ['compact --data nowhere', 'data folder', '"nowhere"', 'headrace run'],
  ['lake --data nowhere', 'data folder', '"nowhere"', 'headrace run'],
  ['query SELECT 1', 'argument', '"1"'],
  ['query x --format xml', 'format', '"xml"', 'table, csv, json, arrow, parquet'],
  ['query x --data nowhere', 'data folder', '"nowhere"', 'headrace run'],
  ['ledger all', 'argument', '"all"'],
  ['ledger --data nowhere', 'data folder', '"nowhere"', 'headrace run'],
  ['quarantine', 'quarantine', 'nothing', 'list, show, redrive'],
  ['quarantine drop', 'quarantine', '"drop"', 'list, show, redrive'],
  ['quarantine list --all', '--all', '"list"', 'redrive'],
  ['quarantine show a:1:0 --through cat', '--through', '"show"', 'redrive'],
  ['quarantine redrive', 'events to redrive', 'none', '--code CODE, --all'],
  ['quarantine redrive --all --code BAD_UTF8', 'events to redrive', 'more than one choice'],
  ['quarantine redrive a:1:0 --all', 'events to redrive', 'more than one choice'],
  ['quarantine redrive a:1', 'id', '"a:1"', 'SHARD:SEQUENCE:SUB'],
  ['quarantine redrive --all --data nowhere', 'data folder', '"nowhere"', 'headrace run'],
  ['quarantine redrive --fixes nowhere', '--fixes', '"nowhere"', 'ENOENT'],
  ['quarantine redrive --fixes README.md', 'line 1 of README.md', '# Headrace', '"event"'],
  ['quarantine redrive --fixes README.md --through cat', '--through', '"cat"', 'either'],
  ['quarantine redrive --all --stack headrace-dev --endpoint http://127.0.0.1:1', '--endpoint', 'AWS_ENDPOINT_URL'],
  ['quarantine list x', 'argument', '"x"'],
  ['quarantine list --code field_missing', '--code', '"field_missing"', 'FIELD_MISSING'],
  ['quarantine list --data nowhere', 'data folder', '"nowhere"'],
  ['quarantine show', 'id', 'nothing', 'SHARD:SEQUENCE:SUB'],
  ["quarantine show a';--:1:0", 'id', 'SHARD:SEQUENCE:SUB'],
  ['quarantine show a:1:0 b:1:0', 'argument', '"b:1:0"'],
  ['rules', 'rules', 'nothing', 'check'],
  ['rules check nowhere', 'pipeline folder', '"nowhere"'],
  ['rules check a b', 'argument', '"b"'],
  ['query x --stack production', '--stack', '"production"', 'headrace-ENV'],
  ["ledger --stack headrace-a'b", '--stack', 'headrace-ENV'],
  ['quarantine list --stack headrace-dev --data D', '--data', '"D"', '--stack'],
  ['cost', '--rate', 'nothing', 'a whole number'],
  ['cost --rate 10', '--bytes', 'nothing', 'a whole number'],
  ['cost --rate 0 --bytes 10', '--rate', '"0"', '1..1000000'],
  ['cost --rate 10 --bytes 262145', '--bytes', '"262145"', '1..262144'],
  ['cost --rate 10 --bytes 10 --size huge', '--size', '"huge"', 'small, production'],
  ['cost 10', 'argument', '"10"', '--rate'],
  ['schema --pipeline docs', 'pipeline folder', '"docs"'],
];

describe('a bad command line', () => {
  test.each(BAD)('%s: one line and exit code 2', async (line, ...words) => {
    const { code, out, err } = await headrace(...line.split(' ').filter((word) => word !== ''));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^headrace[^\n]*\n$/);
    for (const word of words) expect(err).toContain(word);
  });
});

describe('help', () => {
  test.each(COMMANDS)('of %s: usage, every flag, examples that name the command', async (command) => {
    const { code, out, err } = await headrace(command, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: headrace ${command}`));
    expect(out).toContain('--json');
    expect(out).toContain(`npx headrace ${command}`);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  test('is given before anything else is looked at', async () => {
    expect((await headrace('run', '--shards', 'x', '--help')).code).toBe(0);
  });

  test.each(['--help', '-h', 'help'])('%s lists every command', async (word) => {
    const { code, out } = await headrace(word);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});
