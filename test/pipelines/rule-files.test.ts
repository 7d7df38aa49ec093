import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { loadRules } from '../../pipelines/rule-files.ts';

const RULE = `id: large
version: 1
owner: desk
status: active
description: A large payment.
on: transaction
condition: event.amount_minor > 100
points: 4
reason: "amount {event.amount_minor}"
alert:
  group_by: customer_id
  cool_down: 1h
`;

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rules-'));
  await mkdir(join(dir, 'rules'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const put = (name: string, text: string | Uint8Array): Promise<void> => writeFile(join(dir, 'rules', name), text);

async function lineFor(folder = dir): Promise<string> {
  const error: unknown = await loadRules(folder).then(
    () => new Error('accepted'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error instanceof Error ? error.message : '';
}

describe('a folder of rules', () => {
  test('is read in name order; other files are left alone', async () => {
    await put('b.yaml', RULE);
    await put('a.yaml', RULE.replace('id: large', 'id: small'));
    await put('README.md', 'words');
    const { rules, version } = await loadRules(dir);
    expect(rules.map(({ id }) => id)).toEqual(['small', 'large']);
    expect(version).toMatch(/^[0-9a-f]{12}$/);
  });

  test('without rule files is an empty set', async () => {
    expect((await loadRules(dir)).rules).toEqual([]);
  });

  test('has the same version while names and bytes are the same, and another after any change', async () => {
    await put('a.yaml', RULE);
    const first = await loadRules(dir);
    expect((await loadRules(dir)).version).toBe(first.version);
    await put('a.yaml', `${RULE}# a comment\n`);
    const commented = await loadRules(dir);
    await rm(join(dir, 'rules', 'a.yaml'));
    await put('b.yaml', RULE);
    const renamed = await loadRules(dir);
    expect(new Set([first.version, commented.version, renamed.version]).size).toBe(3);
  });
});

describe('a folder that cannot be used gives one line', () => {
  test('missing folder', async () => {
    expect(await lineFor(join(dir, 'none'))).toMatch(
      /^folder of rules: got "[^"]*none.rules"; allowed: a folder that can be read \(ENOENT\)$/,
    );
  });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['a wrong value', RULE.replace('points: 4', 'points: many'), /r\.yaml: points: got "many"; allowed: a whole number/],
    ['no mapping', '- 1\n', /r\.yaml: the file: got "\[1\]"; allowed: a mapping/],
    ['an empty file', '', /r\.yaml: the file: got null/],
    ['a key twice', `${RULE}points: 5\n`, /not readable as YAML: got "Map keys must be unique/],
    ['two documents', `${RULE}---\n${RULE}`, /not readable as YAML/],
    ['a tab for indentation', RULE.replace('  group_by', '\tgroup_by'), /not readable as YAML/],
    ['bytes that are no UTF-8', new Uint8Array([0x69, 0xff, 0xfe]), /not readable as YAML/],
    [
      'an alias',
      `${RULE.replace('owner: desk', 'owner: &a desk').replace('description: A large payment.', 'description: *a')}`,
      /not readable as YAML.*without aliases/,
    ],
    ['a __proto__ key', `${RULE}__proto__: 1\n`, /unknown key: got "__proto__"/],
  ])('%s', async (_name, text, line) => {
    await put('r.yaml', text);
    const message = await lineFor();
    expect(message).toMatch(line);
    expect(message).toContain(join(dir, 'rules', 'r.yaml'));
    expect(message).not.toContain('\n');
  });

  test('an id that two files have', async () => {
    await put('a.yaml', RULE);
    await put('b.yaml', RULE);
    expect(await lineFor()).toMatch(/b\.yaml: id: got "large"; allowed: an id that no other file has; a\.yaml has it$/);
  });

  test('a file that would be passed over', async () => {
    await put('a.yml', RULE);
    expect(await lineFor()).toMatch(/name of a rule file: got "[^"]*a\.yml"; allowed: names that end in \.yaml/);
  });
});

describe('a folder of lists', () => {
  const LIST = 'id: friends\nowner: desk\ndescription: d\neffect: allow\nfield: customer_id\nentries:\n  - value: c1\n    reason: known\n';

  test('is read beside the rules and changes the version', async () => {
    await put('a.yaml', RULE);
    const without = await loadRules(dir);
    expect(without.lists).toEqual([]);
    await mkdir(join(dir, 'lists'));
    expect((await loadRules(dir)).version).toBe(without.version);
    await writeFile(join(dir, 'lists', 'friends.yaml'), LIST);
    const { lists, version } = await loadRules(dir);
    expect(lists.map(({ id }) => id)).toEqual(['friends']);
    expect(version).not.toBe(without.version);
  });

  test('that is wrong is named by its file', async () => {
    await mkdir(join(dir, 'lists'));
    await writeFile(join(dir, 'lists', 'friends.yaml'), LIST.replace('allow', 'permit'));
    expect(await lineFor()).toMatch(/lists.friends\.yaml: effect: got "permit"; allowed: block, allow, watch$/);
  });
});
