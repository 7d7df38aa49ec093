import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { ACCOUNT, type Emulator, REGION } from './emulator.ts';

const run = promisify(execFile);

/** Environment that the tests deploy. */
export const ENVIRONMENT = 'dev';
/** Its name, as `--stack` takes it. */
export const STACK = `headrace-${ENVIRONMENT}`;

const COMMAND_MS = 600_000;
const OUTPUT_BYTES_MAX = 64 * 2 ** 20;

/** Runs a program of this project in the emulator's environment, with `more` variables (undefined: without them); its standard output. Throws with all it said. */
export async function inEmulator(
  emulator: Emulator,
  file: string,
  args: readonly string[],
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  try {
    const { stdout } = await run(file, args, {
      timeout: COMMAND_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
      env: { ...process.env, ...emulator.environment, CI: 'true', NO_COLOR: '1', ...more },
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${file} ${args.join(' ')} failed:\n${stdout.slice(-8_000)}\n${stderr.slice(-8_000)}`, { cause: error });
  }
}

function cdk(emulator: Emulator, ...args: string[]): Promise<string> {
  const context = ['--context', `env=${ENVIRONMENT}`, '--context', 'emulator=true'];
  return inEmulator(emulator, resolve('node_modules/.bin/cdk'), [...args, ...context, '--no-notices', '--no-color']);
}

/** Deploys the app as a user would, but for the emulator's context. */
export async function deploy(emulator: Emulator): Promise<void> {
  await cdk(emulator, 'bootstrap', `aws://${ACCOUNT}/${REGION}`);
  await cdk(emulator, 'deploy', '--all', '--require-approval', 'never');
}

/** Removes every stack. */
export async function destroy(emulator: Emulator): Promise<void> {
  await cdk(emulator, 'destroy', '--all', '--force');
}
