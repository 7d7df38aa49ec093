import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type EnvironmentConfig, type EnvironmentName, parseConfig } from '../../infra/config.ts';
import { fillApp } from '../../infra/headrace-app.ts';
import { loadIngredients } from '../../infra/ingredients.ts';
import type { Ingredients } from '../../infra/installation.ts';
import { addStacks } from '../../infra/stacks/installation-stacks.ts';
import { SERVICES } from '../../lake/metrics.ts';

/** One resource as CloudFormation gets it. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string[];
}

const settings = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };

/** Context of cdk.json, as the command hands it to the app. */
export const CONTEXT = settings.context;

/** A configuration with every key, the rest as an environment would have it. */
export function configOf(changed: Record<string, unknown> = {}, env: EnvironmentName = 'dev'): EnvironmentConfig {
  const file = JSON.parse(readFileSync(`infra/environments/${env}.json`, 'utf8')) as Record<string, unknown>;
  return parseConfig(env, { ...file, operatorEmail: 'ops@example.com', ...changed }, 'test');
}

const scratch = mkdtempSync(join(tmpdir(), 'headrace-infra-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** A folder as the build of the functions leaves it, with small files. */
export function functionsFolder(): string {
  const dir = mkdtempSync(join(scratch, 'functions-'));
  for (const service of SERVICES) {
    mkdirSync(join(dir, service));
    writeFileSync(join(dir, service, 'index.mjs'), `export const handler = async () => '${service}';\n`);
  }
  return dir;
}

/** An app with the context of cdk.json, whose assembly is removed with the process. */
export function emptyApp(context: Record<string, unknown> = {}): App {
  const outdir = mkdtempSync(join(scratch, 'assembly-'));
  return new App({ autoSynth: false, outdir, context: { ...CONTEXT, ...context } });
}

/** What stacks are made from, with small functions. */
export async function ingredientsOf(config: EnvironmentConfig): Promise<Ingredients> {
  return loadIngredients(config, functionsFolder());
}

/** The whole app of an environment as the command makes it. */
export async function wholeApp(config: EnvironmentConfig, context: Record<string, unknown> = {}): Promise<App> {
  const app = emptyApp(context);
  fillApp(app, await ingredientsOf(config));
  return app;
}

/** Templates of the stacks, by role, without CloudFormation's own checks: they take seconds, and one test of the rule packs has them. */
export async function templatesOf(config: EnvironmentConfig): Promise<Templates> {
  process.env['CDK_VALIDATION'] = 'false';
  const app = emptyApp();
  addStacks(app, await ingredientsOf(config));
  return new Templates(app);
}

/** Templates of an app by the role of their stack. */
export class Templates {
  readonly byRole: ReadonlyMap<string, Template>;

  constructor(app: App) {
    const stacks = app.node.children.filter((child) => Stack.isStack(child));
    this.byRole = new Map(stacks.map((stack) => [stack.node.id, Template.fromStack(stack)]));
  }

  of(role: string): Template {
    const template = this.byRole.get(role);
    if (template === undefined) throw new Error(`no stack ${role}`);
    return template;
  }

  /** All resources, of one type if it is given, by `role/logical id`. */
  resources(type?: string): Map<string, Resource> {
    const all = [...this.byRole].flatMap(([role, template]) =>
      Object.entries((template.toJSON()['Resources'] ?? {}) as Record<string, Resource>).map(
        ([id, one]) => [`${role}/${id}`, one] as const,
      ),
    );
    return new Map(all.filter(([, one]) => type === undefined || one.Type === type));
  }

  /** Properties of all resources of a type. */
  properties(type: string): Resource['Properties'][] {
    return [...this.resources(type).values()].map(({ Properties }) => Properties);
  }
}

/** Intrinsic functions as short text: `<AWS::Region>`, `<import export>`, joined parts; everything else as it is. */
export function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') return `<${String(argument)}>`;
  if (entries.length === 1 && name === 'Fn::ImportValue') return `<${String(argument)}>`;
  if (entries.length === 1 && name === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.join('.')}>`;
  if (entries.length === 1 && name === 'Fn::Join' && Array.isArray(argument))
    return [argument[1]].flat().map(flat).join(String(argument[0]));
  return Object.fromEntries(entries.map(([key, one]) => [key, flat(one)]));
}
