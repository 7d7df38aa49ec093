import { CelError } from './errors.ts';
import { FUNCTION_NAMES, overloadFor, overloadsOf } from './library.ts';
import { checkLoop, isLoop } from './loops.ts';
import type { Node } from './nodes.ts';
import { pathOf, type Scope } from './scope.ts';
import type { Operation, Typed } from './typed.ts';
import { type CelType, type CelVariable, typeName, type Unit, unify } from './types.ts';
import { clash, resultUnit } from './units.ts';

/** Steps that an expression may take for one event: a few microseconds. */
const STEPS_MAX = 10_000;

/** Elements that a list of the event may have. */
const VARIABLE_LENGTH_MAX = 1_000;

/** Finds the types of an expression and of all its parts. Throws CelError at what does not fit. */
export class Checker {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  check(node: Node, scope: Scope): Typed {
    const typed = this.part(node, scope);
    if (typed.steps > STEPS_MAX) {
      this.refuse(
        node,
        `an expression that may take ${typed.steps} steps`,
        `at most ${STEPS_MAX} for one event: fewer loops, shorter lists`,
      );
    }
    return typed;
  }

  /** A part that must have a type. */
  typed(node: Node, scope: Scope, type: CelType): Typed {
    const found = this.part(node, scope);
    if (unify(found.type, type) === undefined) this.refuse(node, typeName(found.type), typeName(type));
    return found;
  }

  part(node: Node, scope: Scope): Typed {
    switch (node.kind) {
      case 'literal':
        return this.literal(node);
      case 'name':
      case 'field':
        return this.named(node, scope);
      case 'index':
        return this.call(node, '[]', [this.part(node.target, scope), this.part(node.index, scope)]);
      case 'call':
        return this.called(node, scope);
      case 'unary':
        return this.call(node, `${node.op}_`, [this.part(node.operand, scope)]);
      case 'binary':
        return this.binary(node, scope);
      case 'choice':
        return this.choice(node, scope);
      case 'list':
        return this.list(node, scope);
      case 'map':
        return this.map(node, scope);
    }
  }

  made(
    node: Node,
    type: CelType,
    op: Operation,
    more: { readonly unit?: Unit | undefined; readonly steps: number; readonly lengthMax?: number },
  ): Typed {
    return { start: node.start, end: node.end, type, unit: more.unit, steps: more.steps, lengthMax: more.lengthMax ?? 0, op };
  }

  refuse(node: Node, what: string, allowed: string, isLeftOut = false): never {
    throw new CelError(this.text, node, { what, allowed, isLeftOut });
  }

  private literal(node: Node & { readonly kind: 'literal' }): Typed {
    const { type, value } = node;
    if (typeof value !== 'bigint') return this.made(node, type, { kind: 'constant', value }, { steps: 1 });
    if (BigInt.asIntN(64, value) !== value) this.refuse(node, 'an int that is too large', '-2^63 to 2^63-1');
    const number = Number(value);
    return this.made(node, type, { kind: 'constant', value: Number.isSafeInteger(number) ? number : value }, { steps: 1 });
  }

  private named(node: Node, scope: Scope): Typed {
    const path = pathOf(node);
    const [root = ''] = path?.split('.', 1) ?? [];
    const local = scope.local(root);
    if (path !== undefined && local === undefined) return this.variable(node, path, scope);
    if (node.kind === 'name' && local !== undefined)
      return this.made(node, local.type, { kind: 'local', name: node.name }, { ...local, steps: 1 });
    if (node.kind !== 'field') throw new Error('a name is a path');
    const key = this.made(node, 'string', { kind: 'constant', value: node.name }, { steps: 1 });
    return this.call(node, '[]', [this.part(node.target, scope), key]);
  }

  private variable(node: Node, path: string, scope: Scope): Typed {
    const variable = scope.variable(path);
    if (variable !== undefined) return this.variableOf(node, variable);
    if (node.kind === 'field' && scope.variable(pathOf(node.target) ?? '') !== undefined) {
      const key = this.made(node, 'string', { kind: 'constant', value: node.name }, { steps: 1 });
      return this.call(node, '[]', [this.part(node.target, scope), key]);
    }
    if (scope.isPrefix(path)) return this.refuse(node, `${path} used whole`, `${path}.<name>`);
    return this.refuse(node, `the unknown name ${path}`, scope.advice(path));
  }

  private variableOf(node: Node, variable: CelVariable): Typed {
    return this.made(
      node,
      variable.type,
      { kind: 'variable', variable },
      { unit: variable.unit, steps: 1, lengthMax: typeof variable.type === 'string' ? 0 : VARIABLE_LENGTH_MAX },
    );
  }

  private called(node: Node & { readonly kind: 'call' }, scope: Scope): Typed {
    const { name, target, args } = node;
    if (target === undefined && name === 'has') return this.has(node, scope);
    if (target !== undefined && isLoop(name)) return checkLoop(this, node, scope);
    const isNamespace = target?.kind === 'name' && overloadsOf(`${target.name}.${name}`).length > 0;
    if (!isNamespace && !isFunction(target === undefined ? name : `.${name}`)) {
      this.refuse(node, `the function ${name}, which is not there`, adviceOf(name), true);
    }
    const full = isNamespace ? `${target.name}.${name}` : target === undefined ? name : `.${name}`;
    const operands = (target === undefined || isNamespace ? args : [target, ...args]).map((one) => this.part(one, scope));
    return this.call(node, full, operands);
  }

  private has(node: Node & { readonly kind: 'call' }, scope: Scope): Typed {
    const [field] = node.args;
    if (node.args.length !== 1 || field?.kind !== 'field')
      return this.refuse(node, 'has() of something else than a field', 'has(event.name)');
    const path = pathOf(field) ?? '';
    const variable = scope.variable(path);
    if (variable !== undefined) return this.made(node, 'bool', { kind: 'has', variable }, { steps: 1 });
    if (path !== '' && scope.local(path.split('.', 1)[0] ?? '') === undefined && scope.variable(pathOf(field.target) ?? '') === undefined) {
      return this.refuse(field, `the unknown name ${path}`, scope.advice(path));
    }
    const key = this.made(field, 'string', { kind: 'constant', value: field.name }, { steps: 1 });
    return this.call(node, 'in', [key, this.part(field.target, scope)]);
  }

  private binary(node: Node & { readonly kind: 'binary' }, scope: Scope): Typed {
    const { op } = node;
    if (op !== '&&' && op !== '||') return this.call(node, op, [this.part(node.left, scope), this.part(node.right, scope)]);
    const [left, right] = [this.typed(node.left, scope, 'bool'), this.typed(node.right, scope, 'bool')];
    return this.made(node, 'bool', { kind: op === '&&' ? 'and' : 'or', left, right }, { steps: 1 + left.steps + right.steps });
  }

  private choice(node: Node & { readonly kind: 'choice' }, scope: Scope): Typed {
    const condition = this.typed(node.condition, scope, 'bool');
    const [then, otherwise] = [this.part(node.then, scope), this.part(node.otherwise, scope)];
    const type = unify(then.type, otherwise.type);
    if (type === undefined) return this.refuse(node.otherwise, typeName(otherwise.type), `${typeName(then.type)}, as before the colon`);
    this.refuseClash(node, ':', [then, otherwise]);
    return this.made(
      node,
      type,
      { kind: 'choice', condition, then, otherwise },
      {
        unit: then.unit ?? otherwise.unit,
        steps: 1 + condition.steps + Math.max(then.steps, otherwise.steps),
        lengthMax: Math.max(then.lengthMax, otherwise.lengthMax),
      },
    );
  }

  private list(node: Node & { readonly kind: 'list' }, scope: Scope): Typed {
    const items = node.items.map((item) => this.part(item, scope));
    const list = this.commonType(node.items, items);
    return this.made(
      node,
      { list },
      { kind: 'list', items },
      { unit: items.find(({ unit }) => unit !== undefined)?.unit, steps: 1 + sumOf(items), lengthMax: items.length },
    );
  }

  private map(node: Node & { readonly kind: 'map' }, scope: Scope): Typed {
    const entries = node.entries.map(([key, value]) => [this.part(key, scope), this.part(value, scope)] as const);
    const keyNodes = node.entries.map(([key]) => key);
    const keys = this.commonType(
      keyNodes,
      entries.map(([key]) => key),
    );
    if (keys === 'double' || typeof keys !== 'string')
      this.refuse(keyNodes[0] ?? node, `a key of type ${typeName(keys)}`, 'int, string, bool', true);
    const values = this.commonType(
      node.entries.map(([, value]) => value),
      entries.map(([, value]) => value),
    );
    const unit = entries.find(([, value]) => value.unit !== undefined)?.[1].unit;
    return this.made(
      node,
      { map: values, keys },
      { kind: 'map', entries },
      { unit, steps: 1 + sumOf(entries.flat()), lengthMax: entries.length },
    );
  }

  private commonType(nodes: readonly Node[], parts: readonly Typed[]): CelType {
    let type: CelType = 'nothing';
    for (const [i, part] of parts.entries()) {
      const both = unify(type, part.type);
      if (both === undefined)
        return this.refuse(nodes[i] ?? (part as never), typeName(part.type), `${typeName(type)}, as the elements before`, true);
      type = both;
    }
    return type;
  }

  /** A call of a function, method or operator. */
  call(node: Node, name: string, args: readonly Typed[]): Typed {
    const overload = overloadFor(
      name,
      args.map(({ type }) => type),
    );
    if (overload === undefined) return this.refuseCall(node, name, args);
    this.refuseClash(node, name, args);
    const lengthMax = name === '+' ? (args[0]?.lengthMax ?? 0) + (args[1]?.lengthMax ?? 0) : 0;
    const isScan = name === 'in' || ((name === '==' || name === '!=') && typeof args[0]?.type === 'object');
    const scan = isScan || name === '+' ? Math.max(0, ...args.map((one) => one.lengthMax)) : 0;
    const unit = name === '[]' ? args[0]?.unit : resultUnit(name, args);
    return this.made(node, overload.result, { kind: 'call', overload, args }, { unit, steps: 1 + scan + sumOf(args), lengthMax });
  }

  private refuseClash(node: Node, name: string, args: readonly Typed[]): void {
    const units = clash(name === ':' ? '==' : name, args);
    if (units === undefined) return;
    const [first, second] = units;
    this.refuse(
      node,
      `${first} and ${second} in one ${name === ':' ? 'choice' : name}`,
      `both sides counting the same, such as ${first} and ${first}`,
    );
  }

  private refuseCall(node: Node, name: string, args: readonly Typed[]): never {
    const plain = name.replace(/^\.|_$/g, '');
    const types = args.map(({ type }) => typeName(type)).join(', ');
    const forms = overloadsOf(name).map((one) => one.args.map(typeName).join(', '));
    const isNumbers = args.length === 2 && args.every(({ type }) => type === 'int' || type === 'double');
    if (isNumbers && node.kind === 'binary') {
      return this.refuse(node, `${plain} of ${types}`, 'two ints or two doubles: write 3.0 for 3, or double(…)', true);
    }
    return this.refuse(node, `${plain} of (${types})`, forms.length === 0 ? 'both of one type' : `(${forms.join('), (')})`);
  }
}

function sumOf(parts: readonly Typed[]): number {
  return parts.reduce((sum, { steps }) => sum + steps, 0);
}

function isFunction(name: string): boolean {
  return FUNCTION_NAMES.includes(name);
}

function adviceOf(name: string): string {
  if (name === 'matches') return 'contains, startsWith, endsWith, in: patterns mean other things to other engines, and some take for ever';
  const names = FUNCTION_NAMES.filter((one) => /[a-z]/.test(one)).map((one) => one.replace(/^\./, ''));
  return [...new Set(names)].join(', ');
}
