import { describe, expect, test } from 'vitest';
import { backfillConfig } from '../../functions/backfill/config.ts';
import { closeWindowsConfig } from '../../functions/close-windows/config.ts';
import { compactConfig } from '../../functions/compact/config.ts';
import { deliverAlertsConfig } from '../../functions/deliver-alerts/config.ts';
import { ConfigError } from '../../functions/errors.ts';
import { processStreamConfig } from '../../functions/process-stream/config.ts';
import { registerPartitionsConfig } from '../../functions/register-partitions/config.ts';

/** What every function of an installation is given. */
const ENVIRONMENT = {
  HEADRACE_PIPELINE: 'payments',
  HEADRACE_STREAM: 'headrace-dev-events',
  HEADRACE_STREAM_ARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/headrace-dev-events',
  HEADRACE_STATE_TABLE: 'headrace-dev-state',
  HEADRACE_DELIVERY_PREFIX: 'headrace-dev',
  HEADRACE_LAKE_BUCKET: 'headrace-dev-lake-000000000000-eu-west-1',
  HEADRACE_DATABASE: 'headrace_dev_landing',
  HEADRACE_WORKGROUP: 'headrace-dev',
  HEADRACE_BUS: 'headrace-dev',
  HEADRACE_TOPIC_ARN: 'arn:aws:sns:eu-west-1:000000000000:headrace-dev-alerts',
  HEADRACE_OPERATOR_TOPIC_ARN: 'arn:aws:sns:eu-west-1:000000000000:headrace-dev-alarms',
  HEADRACE_NAMESPACE: 'Headrace/dev',
  POWERTOOLS_SERVICE_NAME: 'process-stream',
  LOG_LEVEL: 'INFO',
};

const PARSERS = { processStreamConfig, closeWindowsConfig, deliverAlertsConfig, registerPartitionsConfig, compactConfig, backfillConfig };

function errorOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(PARSERS))('%s', (_, parse) => {
  test('takes the environment of an installation, frozen', () => {
    expect(Object.isFrozen(parse(ENVIRONMENT))).toBe(true);
  });

  test('refuses an unknown variable and names those there are', () => {
    const error = errorOf(() => parse({ ...ENVIRONMENT, HEADRACE_STREEM: 'x' }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/unknown variable: got "HEADRACE_STREEM"; allowed: HEADRACE_PIPELINE, .*\. Remove it/);
  });

  test('says which variable is missing and what to do', () => {
    const needed = Object.keys(ENVIRONMENT).filter((name) => errorOf(() => parse({ ...ENVIRONMENT, [name]: undefined })) instanceof Error);
    expect(needed.length).toBeGreaterThanOrEqual(4);
    for (const name of needed) {
      const error = errorOf(() => parse({ ...ENVIRONMENT, [name]: undefined }));
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(new RegExp(`variable ${name}: got nothing; allowed: .+\\. Set it`));
    }
  });
});

test.each(['0', '501', '1.5', '', ' 7', '-1', '1e2'])('HEADRACE_RECORD_ROWS_MAX is an integer in 1..500, not %j', (text) => {
  expect(String(errorOf(() => processStreamConfig({ ...ENVIRONMENT, HEADRACE_RECORD_ROWS_MAX: text })))).toContain(
    `variable HEADRACE_RECORD_ROWS_MAX: got ${JSON.stringify(text)}; allowed: an integer in 1..500`,
  );
});

test('HEADRACE_RECORD_ROWS_MAX may be absent, 1 and 500', () => {
  const of = (text?: string) => processStreamConfig({ ...ENVIRONMENT, HEADRACE_RECORD_ROWS_MAX: text }).recordRowsMax;
  expect([of(), of('1'), of('500')]).toEqual([undefined, 1, 500]);
});

test('a wrong ARN is refused with what was received', () => {
  expect(() => deliverAlertsConfig({ ...ENVIRONMENT, HEADRACE_TOPIC_ARN: 'alerts' })).toThrow(
    'variable HEADRACE_TOPIC_ARN: got "alerts"; allowed: the ARN of an SNS topic',
  );
});
