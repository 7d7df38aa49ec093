import { afterEach, describe, expect, test, vi } from 'vitest';
import { readDefinition } from '../../../local/workflow/check.ts';
import { DEFINITION_FIELDS, type Field, type Shape, STATE_FIELDS } from '../../../local/workflow/fields.ts';
import { DEFINITION, named, WorkflowWorld } from './world.ts';

type Node = { [name: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Names of these are free: of states, and what is handed to the function. */
const FREE = ['States', 'Payload', 'BatchInput', 'Result', 'ResultSelector'];

/** Every object of the definition with the fields of the language, as a path into it. */
function places(value: unknown, path: readonly string[] = [], isFree = false): (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap((one, i) => places(one, [...path, String(i)]));
  if (!isNode(value)) return [];
  const inside = Object.entries(value).flatMap(([name, one]) => {
    if (name === 'States') return Object.entries(one as Node).flatMap(([state, it]) => places(it, [...path, name, state]));
    if (FREE.includes(name) || (name === 'Parameters' && value['Type'] === 'Pass')) return [];
    return places(one, [...path, name]);
  });
  return isFree ? inside : [path, ...inside];
}

function changed(path: readonly string[], change: (node: Node) => void): string {
  const root = JSON.parse(DEFINITION) as Node;
  change(path.reduce<Node>((node, name) => node[name] as Node, root));
  return JSON.stringify(root);
}

const fields = places(JSON.parse(DEFINITION)).flatMap((path) => {
  const node = path.reduce<Node>((one, name) => one[name] as Node, JSON.parse(DEFINITION) as Node);
  return Object.keys(node).map((field) => ({ path, field }));
});

describe('each field of the definition', () => {
  test('is one that the runner takes', () => {
    expect(() => readDefinition(DEFINITION)).not.toThrow();
    expect(fields.length).toBeGreaterThan(400);
  });

  test('is refused under a name that it does not know: nothing is passed over in silence', () => {
    for (const { path, field } of fields) {
      const text = changed(path, (node) => {
        node[`${field}X`] = node[field];
        delete node[field];
      });
      expect(() => readDefinition(text), `${path.join('.')}.${field}`).toThrow(/workflow definition: /);
    }
  });

  test('that means nothing on one machine has a reason, and there are few', () => {
    const reasons = new Map<string, string>();
    const visit = (shape: Shape): void => {
      for (const [name, field] of Object.entries<Field>(shape)) {
        if (field.isMeaningless) reasons.set(name, field.how);
        if (field.inside !== undefined) visit(field.inside);
      }
    };
    for (const shape of [DEFINITION_FIELDS, ...Object.values(STATE_FIELDS)]) visit(shape);
    expect([...reasons.keys()].sort()).toEqual(['Bucket', 'Comment', 'ExecutionType', 'FunctionName', 'Label']);
    for (const reason of reasons.values()) expect(reason.length).toBeGreaterThan(8);
  });
});

const AT = {
  plan: ['States', 'Plan'],
  fold: ['States', 'Fold'],
  check: ['States', 'CheckInput'],
} as const;

describe('what would run otherwise than on the service is refused when the definition is read', () => {
  test.each<readonly [string, readonly string[], (node: Node) => void, string]>([
    ['a heartbeat, which nobody would watch', AT.plan, (node) => Object.assign(node, { HeartbeatSeconds: 60 }), 'HeartbeatSeconds'],
    ['JSONata', [], (node) => Object.assign(node, { QueryLanguage: 'JSONata' }), 'JSONata'],
    [
      'a time limit of the whole, which would skip taking back',
      [],
      (node) => Object.assign(node, { TimeoutSeconds: 60 }),
      'TimeoutSeconds',
    ],
    ['another service', AT.plan, (node) => Object.assign(node, { Resource: 'arn:aws:states:::sns:publish' }), 'sns:publish'],
    ['a time that no timer runs', AT.plan, (node) => Object.assign(node, { TimeoutSeconds: 30 * 86_400 }), '2592000'],
    [
      'a value of the context that nobody gives',
      [...AT.plan, 'Parameters', 'Payload'],
      (node) => Object.assign(node, { 'x.$': '$$.State.Name' }),
      'State.Name',
    ],
    [
      'a function that is not tested',
      [...AT.plan, 'Parameters', 'Payload'],
      (node) => Object.assign(node, { 'x.$': 'States.UUID()' }),
      'UUID',
    ],
    ['tolerated failures', AT.fold, (node) => Object.assign(node, { ToleratedFailurePercentage: 5 }), '5'],
    ['another list than JSON', [...AT.fold, 'ItemReader', 'ReaderConfig'], (node) => Object.assign(node, { InputType: 'CSV' }), 'CSV'],
    ['an inline map', [...AT.fold, 'ItemProcessor', 'ProcessorConfig'], (node) => Object.assign(node, { Mode: 'INLINE' }), 'INLINE'],
    ['a map without a batcher', AT.fold, (node) => delete node['ItemBatcher'], 'ItemBatcher'],
    ['another type of state', AT.check, (node) => Object.assign(node, { Type: 'Parallel' }), 'Parallel'],
    [
      'a test for absence, which the library takes for one that fails',
      [...AT.check, 'Choices', '0', 'Not'],
      (node) => Object.assign(node, { IsPresent: false }),
      'IsPresent',
    ],
    ['a way to nowhere', AT.plan, (node) => Object.assign(node, { Next: 'Gone' }), 'Gone'],
    [
      'failed tasks caught by their general name',
      [...AT.plan, 'Catch', '0'],
      (node) => Object.assign(node, { ErrorEquals: ['States.TaskFailed'] }),
      'TaskFailed',
    ],
    [
      'failed tasks tried again before times that are up',
      [...AT.plan, 'Retry', '0'],
      (node) => Object.assign(node, { ErrorEquals: ['States.TaskFailed'] }),
      'TaskFailed',
    ],
  ])('%s', (_, path, change, received) => {
    expect(() => readDefinition(changed(path, change))).toThrow(received);
  });

  test('text that is no definition', () => {
    for (const text of ['{', '[]', '{"StartAt":"A"}', '{"StartAt":"A","States":{}}'])
      expect(() => readDefinition(text)).toThrow('workflow definition: ');
  });
});

describe('rests before other tries', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('grow as the definition says, to its greatest, and are shortened by chance only', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const world = new WorkflowWorld();
    world.retryDelayMs = undefined;
    const times: number[] = [];
    world.script.plan = Array.from({ length: 8 }, () => () => {
      times.push(Date.now());
      throw named('RetriableError');
    });
    const chance = vi.spyOn(Math, 'random').mockReturnValue(0.999_999);
    const done = world.run();
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect((await done).status).toBe('succeeded');
    chance.mockRestore();
    const rests = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) / 1_000));
    expect(rests).toEqual([5, 10, 20, 40, 80, 120, 120]);
  });
});
