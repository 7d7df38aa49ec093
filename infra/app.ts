import { headraceApp } from './headrace-app.ts';

/** Errors that say in one line what the deployer has to do; all others are bugs and keep their stack trace. */
function isForDeployer(error: unknown): error is Error {
  return error instanceof Error && Reflect.get(error, 'retriable') === false;
}

try {
  const app = await headraceApp();
  app.synth();
} catch (error) {
  if (!isForDeployer(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
