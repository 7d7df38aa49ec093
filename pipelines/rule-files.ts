import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseYamlText } from 'yaml';
import type { Pipeline } from '../core/definition/pipeline.ts';
import { usageError } from '../core/errors.ts';
import { compileRules } from '../core/rules/compile.ts';
import { parseList } from '../core/rules/list.ts';
import { parseRule, type Rule } from '../core/rules/rule.ts';
import type { RuleSetSource } from '../core/rules/source.ts';

/** The rules and lists of a pipeline and the version of that set. */
export interface LoadedRules extends RuleSetSource {
  /** Twelve hex digits that change with any name or byte of the files. */
  readonly version: string;
}

/** 48 bits: two different rule sets of one installation do not meet by chance, and a person can still compare them by eye. */
const VERSION_LENGTH = 12;

/** A pipeline without decision judges nothing. */
const NO_RULES: LoadedRules = { rules: [], lists: [], version: '' };

/**
 * Rules and lists of a pipeline whose folder is `dir`, compiled once, so that what is wrong shows before anything starts or is built.
 * Throws UsageError.
 */
export async function rulesOf(pipeline: Pipeline, dir: string): Promise<LoadedRules> {
  const hasRules = pipeline.decision !== undefined || existsSync(join(dir, 'rules'));
  const loaded = hasRules ? await loadRules(dir) : NO_RULES;
  compileRules(loaded, pipeline, loaded.version);
  return loaded;
}

/**
 * Rules and lists of a folder beside the pipeline's own, such as a candidate set, compiled once. Lists that the folder does not have are
 * the pipeline's. Throws UsageError.
 */
export async function candidateRules(pipeline: Pipeline, dir: string, own: LoadedRules): Promise<LoadedRules> {
  const loaded = await loadRules(dir);
  const candidate = existsSync(join(dir, 'lists')) ? loaded : { ...loaded, lists: own.lists };
  compileRules(candidate, pipeline, candidate.version);
  return candidate;
}

/** Reads `rules/*.yaml` and `lists/*.yaml` of a pipeline's folder, one rule or list each, in name order. Throws UsageError of one line naming the file. */
export async function loadRules(dir: string): Promise<LoadedRules> {
  const hash = createHash('sha256');
  const rules = await readFolder(join(dir, 'rules'), '', { hash, parse: parseRule });
  const listsDir = join(dir, 'lists');
  const lists = existsSync(listsDir) ? await readFolder(listsDir, 'lists/', { hash, parse: parseList }) : [];
  return { rules, lists, version: hash.digest('hex').slice(0, VERSION_LENGTH) };
}

/** The rules of one folder of rule files, by the name of the file. Throws UsageError of one line naming the file. */
export async function ruleFilesIn(folder: string): Promise<Map<string, Rule>> {
  const rules = new Map<string, Rule>();
  for (const file of await namesIn(folder)) {
    const where = join(folder, file);
    rules.set(file, parseRule(parseYaml(await readFile(where), where), where));
  }
  return rules;
}

interface Reading<T> {
  readonly hash: Hash;
  readonly parse: (source: unknown, where: string) => T;
}

async function readFolder<T extends { readonly id: string }>(dir: string, prefix: string, { hash, parse }: Reading<T>): Promise<T[]> {
  const items: T[] = [];
  const fileOf = new Map<string, string>();
  for (const file of await namesIn(dir)) {
    const where = join(dir, file);
    const bytes = await readFile(where);
    const name = `${prefix}${file}`;
    // Lengths go in too, so that no two folders give the same bytes to the hash.
    hash.update(`${Buffer.byteLength(name)}:${name}${bytes.length}:`).update(bytes);
    const item = parse(parseYaml(bytes, where), where);
    const other = fileOf.get(item.id);
    if (other !== undefined) throw usageError(`${where}: id`, item.id, `an id that no other file has; ${other} has it`);
    fileOf.set(item.id, file);
    items.push(item);
  }
  return items;
}

async function namesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw usageError('folder of rules', dir, `a folder that can be read (${code})`);
  });
  // A rule file that is passed over in silence would be a rule that never fires.
  const misnamed = names.find((name) => name.endsWith('.yml'));
  if (misnamed !== undefined) throw usageError('name of a rule file', join(dir, misnamed), 'names that end in .yaml');
  return names.filter((name) => name.endsWith('.yaml')).sort();
}

/** Reads one YAML mapping. Throws UsageError of one line naming `where`. */
export function parseYaml(bytes: Uint8Array, where: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parseYamlText(text, { uniqueKeys: true, maxAliasCount: 0, prettyErrors: true, logLevel: 'error' });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(`${where}: not readable as YAML`, message.split('\n', 1)[0], 'one YAML mapping in UTF-8, without aliases');
  }
}
