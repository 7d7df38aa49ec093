import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Pipeline } from '../core/definition/pipeline.ts';
import { usageError } from '../core/errors.ts';
import { compileRules } from '../core/rules/compile.ts';
import { parseRule, type Rule } from '../core/rules/rule.ts';

/** The rules of one folder and the version of that set. */
export interface LoadedRules {
  readonly rules: Rule[];
  /** Twelve hex digits that change with any name or byte of the rule files. */
  readonly version: string;
}

/** 48 bits: two different rule sets of one installation do not meet by chance, and a person can still compare them by eye. */
const VERSION_LENGTH = 12;

/** A pipeline without decision judges nothing. */
const NO_RULES: LoadedRules = { rules: [], version: '' };

/**
 * Rules of a pipeline whose folder is `dir`, compiled once, so that what is wrong shows before anything starts or is built. Throws
 * UsageError of one line.
 */
export async function rulesOf(pipeline: Pipeline, dir: string): Promise<LoadedRules> {
  const rulesDir = join(dir, 'rules');
  const hasRules = pipeline.decision !== undefined || existsSync(rulesDir);
  const loaded = hasRules ? await loadRules(rulesDir) : NO_RULES;
  compileRules(loaded.rules, pipeline, loaded.version);
  return loaded;
}

/** Reads the `*.yaml` files of a folder, one rule each, in name order. Throws UsageError of one line naming the file. */
export async function loadRules(dir: string): Promise<LoadedRules> {
  const names = await ruleFilesOf(dir);
  const hash = createHash('sha256');
  const rules: Rule[] = [];
  const fileOf = new Map<string, string>();
  for (const name of names) {
    const where = join(dir, name);
    const bytes = await readFile(where);
    // Lengths go in too, so that no two folders give the same bytes to the hash.
    hash.update(`${Buffer.byteLength(name)}:${name}${bytes.length}:`).update(bytes);
    const rule = parseRule(parseYaml(bytes, where), where);
    const other = fileOf.get(rule.id);
    if (other !== undefined) throw usageError(`${where}: id`, rule.id, `an id that no other file has; ${other} has it`);
    fileOf.set(rule.id, name);
    rules.push(rule);
  }
  return { rules, version: hash.digest('hex').slice(0, VERSION_LENGTH) };
}

async function ruleFilesOf(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw usageError('folder of rules', dir, `a folder that can be read (${code})`);
  });
  // A rule file that is passed over in silence would be a rule that never fires.
  const misnamed = names.find((name) => name.endsWith('.yml'));
  if (misnamed !== undefined) throw usageError('name of a rule file', join(dir, misnamed), 'names that end in .yaml');
  return names.filter((name) => name.endsWith('.yaml')).sort();
}

function parseYaml(bytes: Uint8Array, where: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parse(text, { uniqueKeys: true, maxAliasCount: 0, prettyErrors: true, logLevel: 'error' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(`${where}: not readable as YAML`, message.split('\n', 1)[0], 'one YAML mapping in UTF-8, without aliases');
  }
}
