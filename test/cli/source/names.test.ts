import { expect, test } from 'vitest';
import { stackNames } from '../../../cli/source/names.ts';
import { ENVIRONMENTS } from '../../../infra/config.ts';
import { namesOf } from '../../../infra/names.ts';

test.each(ENVIRONMENTS)('the names that commands look for in %s are those that are deployed', (env) => {
  const { stream, stateTable, database, landingDatabase, workgroup, prefix } = namesOf(env);
  expect(stackNames(`headrace-${env}`)).toEqual({ stack: prefix, stream, stateTable, database, landingDatabase, workgroup });
});
