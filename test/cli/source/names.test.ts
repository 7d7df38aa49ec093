import { expect, test } from 'vitest';
import { stackNames } from '../../../cli/source/names.ts';
import { ENVIRONMENTS } from '../../../infra/config.ts';
import { functionName, namesOf } from '../../../infra/names.ts';

test.each(ENVIRONMENTS)('the names that commands look for in %s are those that are deployed', (env) => {
  const names = namesOf(env);
  const { stream, stateTable, database, landingDatabase, workgroup, prefix } = names;
  const [compactFunction, backfillFunction, forgetFunction] = (['compact', 'backfill', 'forget'] as const).map((one) =>
    functionName(names, one),
  );
  expect(stackNames(`headrace-${env}`)).toEqual({
    stack: prefix,
    stream,
    stateTable,
    database,
    landingDatabase,
    workgroup,
    compactFunction,
    backfillMachine: names.backfill,
    backfillFunction,
    forgetFunction,
  });
});
