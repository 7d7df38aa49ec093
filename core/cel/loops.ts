import type { Checker } from './check.ts';
import type { Node } from './nodes.ts';
import type { Scope } from './scope.ts';
import type { Macro, Typed } from './typed.ts';
import { type CelType, typeName } from './types.ts';

const MACROS: ReadonlySet<string> = new Set<Macro>(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Whether a method is a loop. */
export function isLoop(name: string): name is Macro {
  return MACROS.has(name);
}

/** Checks `list.all(x, …)` and the like. */
export function checkLoop(checker: Checker, node: Node & { readonly kind: 'call' }, scope: Scope): Typed {
  const { target, args } = node;
  const macro = node.name as Macro;
  const [variable, second, third] = args;
  const isRight = args.length === 2 || (args.length === 3 && macro === 'map');
  if (target === undefined || variable?.kind !== 'name' || second === undefined || !isRight) {
    return checker.refuse(
      node,
      `${macro} of something else`,
      `${macro}(x, …): a name for the element, and what is asked of it`,
      args.length > 2,
    );
  }
  const over = checker.part(target, scope);
  const element = elementOf(over.type);
  if (element === undefined) return checker.refuse(target, typeName(over.type), `a list or map for ${macro}`);
  const inner = scope.with(variable.name, { type: element, unit: isList(over.type) ? over.unit : undefined, lengthMax: 0 });
  const only = third === undefined ? undefined : checker.typed(second, inner, 'bool');
  const bodyNode = third ?? second;
  const body = macro === 'map' ? checker.part(bodyNode, inner) : checker.typed(bodyNode, inner, 'bool');
  const type: CelType = macro === 'map' ? { list: body.type } : macro === 'filter' ? { list: element } : 'bool';
  const steps = over.steps + over.lengthMax * (1 + body.steps + (only?.steps ?? 0)) + 1;
  const unit = macro === 'map' ? body.unit : macro === 'filter' ? over.unit : undefined;
  return checker.made(
    node,
    type,
    { kind: 'loop', macro, over, name: variable.name, only, body },
    { unit, steps, lengthMax: over.lengthMax },
  );
}

function elementOf(type: CelType): CelType | undefined {
  if (typeof type === 'string') return undefined;
  if ('list' in type) return type.list;
  return 'map' in type ? type.keys : undefined;
}

function isList(type: CelType): boolean {
  return typeof type === 'object' && 'list' in type;
}
