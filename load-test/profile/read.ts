import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { UsageError, usageError } from '../../core/errors.ts';
import { checkForm } from '../../core/rules/form.ts';
import { PROFILE_ALLOWED, PROFILE_SCHEMA, type Profile } from './schema.ts';

/** Where the shipped profiles are. */
export const PROFILES_DIR = join(import.meta.dirname, '..', 'profiles');

type Fields = Record<string, unknown>;

/** Reads a profile: a path, or the name of a shipped one. Throws UsageError of one line. */
export async function readProfile(source: string, settings: readonly string[] = []): Promise<Profile> {
  const path = /[./\\]/.test(source) ? source : join(PROFILES_DIR, `${source}.yaml`);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usageError('--profile', source, `a file that can be read, or a shipped profile (${error.code ?? error.message})`);
  });
  const profile = parseProfile(text, path, settings);
  if (profile.replay === undefined || isAbsolute(profile.replay.input)) return profile;
  // Beside the profile, wherever the command is called.
  return { ...profile, replay: { ...profile.replay, input: join(dirname(path), profile.replay.input) } };
}

/** The profile of one rate for one duration. */
export function constantProfile(rate: number, durationS: number, settings: readonly string[] = []): Profile {
  const profile = { name: 'constant', phases: [{ start_s: 0, end_s: durationS, rate }] };
  return checkedProfile(withSettings(profile, settings), 'constant profile');
}

/** A profile from YAML text; `where` names it in errors. Settings such as `events.skew=1.1` come on top. */
export function parseProfile(text: string, where: string, settings: readonly string[] = []): Profile {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new UsageError(`${where}: no YAML: ${error.message.split('\n')[0]}`);
  }
  return checkedProfile(withSettings(value, settings), where);
}

function checkedProfile(value: unknown, where: string): Profile {
  const profile = checkForm(PROFILE_SCHEMA, value, { where, allowed: PROFILE_ALLOWED });
  checkPhases(profile, where);
  checkShares(profile, where);
  return profile;
}

/** Every moment from the start to the end has one rate, written down: a pause is a phase of rate 0, and no gap. */
function checkPhases({ phases, replay }: Profile, where: string): void {
  if ((phases === undefined) === (replay === undefined)) {
    throw usageError(`${where}: phases and replay`, phases === undefined ? 'neither' : 'both', 'one of the two');
  }
  let endS = 0;
  for (const [i, phase] of (phases ?? []).entries()) {
    const name = `${where}: phases[${i}]`;
    if (phase.start_s > endS) {
      throw usageError(`${name}.start_s leaves a gap from ${endS} s`, phase.start_s, `${endS}; write a pause as a phase with rate: 0`);
    }
    if (phase.start_s < endS) throw usageError(`${name}.start_s overlaps the phase before`, phase.start_s, String(endS));
    if (phase.end_s <= phase.start_s) throw usageError(`${name}.end_s`, phase.end_s, `a number above start_s, ${phase.start_s}`);
    endS = phase.end_s;
  }
  if (phases?.every(({ rate }) => (typeof rate === 'number' ? rate === 0 : rate.from + rate.to === 0)) === true) {
    throw usageError(`${where}: phases`, 'rate 0 in all', 'a rate above 0 in one of them');
  }
}

/** An event is of one kind: late, repeated, broken or none of these. */
function checkShares({ events: { late, duplicates, poison } }: Profile, where: string): void {
  const sum = late.share + duplicates + poison;
  if (sum > 1) throw usageError(`${where}: events.late.share, duplicates and poison together`, sum, 'a share in 0..1');
}

function withSettings(value: unknown, settings: readonly string[]): unknown {
  if (settings.length === 0) return value;
  const changed: Fields = structuredClone(fieldsOf(value));
  for (const setting of settings) {
    const [, path, text] = /^([a-z_]+(?:\.[a-z_]+)*)=(.+)$/.exec(setting) ?? [];
    if (path === undefined || text === undefined) throw usageError('--set', setting, 'PATH=VALUE, such as events.skew=1.1');
    const names = path.split('.');
    const last = names.pop() ?? '';
    let at = changed;
    for (const name of names) {
      const inner = { ...fieldsOf(at[name]) };
      at[name] = inner;
      at = inner;
    }
    at[last] = parse(text);
  }
  return changed;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
