import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { NagPack } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { acknowledgements } from '../../infra/acknowledgements.ts';
import { RULE_PACKS } from '../../infra/headrace-app.ts';
import { namesOf } from '../../infra/names.ts';
import { addStacks } from '../../infra/stacks/installation-stacks.ts';
import { configOf, emptyApp, ingredientsOf, wholeApp } from './support.ts';

interface Finding {
  readonly rule: string;
  readonly path: string;
}

/** What the packs find in an app, `path` being the resource's. */
function findings(app: ReturnType<typeof emptyApp>): Finding[] {
  const packs: NagPack[] = RULE_PACKS.map((Pack) => new Pack(app));
  return packs.flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? '' })),
      ),
  );
}

const configs = [
  ['small', configOf({ size: 'small' })],
  ['production', configOf({ size: 'production' }, 'prod')],
] as const;

describe.each(configs)('rule packs on the size %s', (_, config) => {
  test('find nothing that is not acknowledged', async () => {
    expect(findings(await wholeApp(config))).toEqual([]);
  });

  test('each acknowledgement is about a finding, and each finding has exactly one', async () => {
    const app = emptyApp();
    addStacks(app, await ingredientsOf(config));
    const found = findings(app);
    const given = acknowledgements(namesOf(config.env)).flatMap(({ rule, at }) => at.map((path) => ({ rule, path })));
    const covers = (one: Finding, { rule, path }: Finding): boolean => rule === one.rule && path.startsWith(`${one.path}/`);
    expect(given.filter((one) => !found.some((finding) => covers(one, finding)))).toEqual([]);
    expect(found.filter((finding) => given.filter((one) => covers(one, finding)).length !== 1)).toEqual([]);
  });
});

test('a synthesis leaves an empty report: of the rule packs, and of the schemas of CloudFormation', async () => {
  const app = await wholeApp(configOf());
  const { directory } = app.synth();
  const report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8')) as { readonly pluginReports: unknown };
  expect(report.pluginReports).toEqual([]);
});

test('a synthesis with a finding that nobody acknowledged fails', async () => {
  const app = await wholeApp(configOf());
  new Queue(app.node.findChild('alerts'), 'Unheeded', { queueName: 'unheeded' });
  expect(() => app.synth()).toThrow('AwsSolutions-SQS');
});

test('each acknowledgement gives a reason of a sentence at least, and no two are the same', () => {
  const all = acknowledgements(namesOf('dev'));
  for (const { reason } of all) expect(reason).toMatch(/^[A-Z].{40,}\.$/);
  const keys = all.flatMap(({ rule, at }) => at.map((path) => `${rule} ${path}`));
  expect(new Set(keys).size).toBe(keys.length);
});
