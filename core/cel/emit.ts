import { Fault } from './faults.ts';
import type { Operation, Typed } from './typed.ts';
import type { CelValue } from './types.ts';

/** JavaScript that leaves where it stands, handing on the fault that an expression names. */
type Fail = (fault: string) => string;

/** Source of a compiled expression, and the constants and faults that it names `k0`, `k1` and so on. */
export interface Emitted {
  /** Body of a function of `v`, the values of variables by index, that returns a value or a Fault. */
  readonly body: string;
  readonly constants: readonly unknown[];
}

/** Ints that need no check when added: far from the end of safe integers. */
const SMALL_MAX = 2 ** 52;
/** From so many constants on a list is looked up in a set. */
const SET_FROM = 4;

/**
 * Writes an expression as JavaScript. Faults are values that jump out of labelled blocks, since exceptions cost microseconds and a
 * missing feature is nothing unusual.
 */
export function emit(typed: Typed): Emitted {
  const emitter = new Emitter();
  const value = emitter.value(typed, (fault) => `return ${fault};`);
  return { body: `${emitter.lines.join('\n')}\nreturn ${value};`, constants: emitter.constants };
}

class Emitter {
  readonly lines: string[] = [];
  readonly constants: unknown[] = [];
  private names = 0;
  private readonly locals: { readonly name: string; readonly js: string }[] = [];
  /** Variables that are known to be there at this point, by index. */
  private present = new Map<number, string>();

  value(typed: Typed, fail: Fail): string {
    const { op } = typed;
    switch (op.kind) {
      case 'constant':
        return this.literal(op.value);
      case 'variable':
        return this.variable(typed, op, fail);
      case 'has':
        return `(v[${op.variable.index}] !== undefined)`;
      case 'local':
        return this.locals.findLast(({ name }) => name === op.name)?.js ?? '';
      case 'call':
        return this.call(typed, op, fail);
      case 'and':
      case 'or':
        return this.logic(op, fail);
      case 'choice':
        return this.choice(op, fail);
      case 'list':
        return this.list(op, fail);
      case 'map':
        return this.map(typed, op, fail);
      case 'loop':
        return this.loop(op, fail);
    }
  }

  private variable(typed: Typed, { variable }: Operation & { readonly kind: 'variable' }, fail: Fail): string {
    if (variable.isRequired === true) return `v[${variable.index}]`;
    const known = this.present.get(variable.index);
    if (known !== undefined) return known;
    const name = this.name();
    this.lines.push(`const ${name} = v[${variable.index}];`);
    const message = variable.absence ?? `${variable.path} is absent`;
    const fault = this.constant(new Fault({ kind: 'absent', path: variable.path, message, span: typed }));
    this.lines.push(`if (${name} === undefined) { ${fail(fault)} }`);
    this.present.set(variable.index, name);
    return name;
  }

  private call(typed: Typed, { overload, args }: Operation & { readonly kind: 'call' }, fail: Fail): string {
    const fast = this.lookup(overload.name, args, fail);
    if (fast !== undefined) return fast;
    const operands = args.map((one) => this.value(one, fail));
    if (overload.fault === undefined) return overload.js(...operands);
    const result = this.name();
    const isFast = overload.args[0] === 'int' && args.length === 2 && ['+', '-', '*'].includes(overload.name);
    this.lines.push(
      isFast && args.every(isSmall) ? fastInt(result, overload.name, operands) : `let ${result} = ${overload.js(...operands)};`,
    );
    if (isFast && args.every(isSmall)) {
      const sure = `${result} >= ${-Number.MAX_SAFE_INTEGER} && ${result} <= ${Number.MAX_SAFE_INTEGER}`;
      this.lines.push(`if (!(${sure})) ${result} = ${overload.js(...operands)};`);
    }
    const fault = this.constant(new Fault({ kind: 'failed', path: '', message: overload.fault, span: typed }));
    this.lines.push(`if (${result} === undefined) { ${fail(fault)} }`);
    return result;
  }

  /** `x in [constants]` without a loop; undefined for any other call. */
  private lookup(name: string, [value, list]: readonly Typed[], fail: Fail): string | undefined {
    if (name !== 'in' || value === undefined || list?.op.kind !== 'list' || typeof value.type !== 'string' || value.type === 'double')
      return;
    const constants = list.op.items.flatMap(({ op }) => (op.kind === 'constant' ? [op.value] : []));
    if (constants.length < list.op.items.length) return;
    const js = this.value(value, fail);
    if (constants.length >= SET_FROM) return `${this.constant(new Set(constants))}.has(${js})`;
    return constants.length === 0 ? 'false' : `(${constants.map((one) => `${js} === ${this.literal(one)}`).join(' || ')})`;
  }

  /** `&&` and `||`: what decides alone does so even beside a fault. */
  private logic({ kind, left, right }: Operation & { readonly kind: 'and' | 'or' }, fail: Fail): string {
    const decides = kind === 'or';
    if (!canFail(left) && !canFail(right)) {
      const a = this.value(left, fail);
      const known = this.snapshot();
      const before = this.lines.length;
      const b = this.value(right, fail);
      this.present = known;
      if (this.lines.length === before) return `(${a} ${decides ? '||' : '&&'} ${b})`;
      this.lines.splice(before);
    }
    const result = this.name();
    this.lines.push(`let ${result};`);
    this.block(left, result);
    this.lines.push(`if (${result} !== ${decides}) {`);
    const other = this.name();
    this.lines.push(`let ${other};`);
    this.block(right, other);
    this.lines.push(`if (${other} === ${decides} || ${result} === ${!decides}) ${result} = ${other};`, '}');
    if (canFail(left) || canFail(right)) this.lines.push(`if (typeof ${result} !== 'boolean') { ${fail(result)} }`);
    return result;
  }

  private choice({ condition, then, otherwise }: Operation & { readonly kind: 'choice' }, fail: Fail): string {
    const result = this.name();
    const test = this.value(condition, fail);
    this.lines.push(`let ${result};`, `if (${test}) {`);
    const known = this.snapshot();
    const first = this.value(then, fail);
    this.lines.push(`${result} = ${first};`, '} else {');
    this.present = new Map(known);
    const second = this.value(otherwise, fail);
    this.lines.push(`${result} = ${second};`, '}');
    this.present = known;
    return result;
  }

  private list({ items }: Operation & { readonly kind: 'list' }, fail: Fail): string {
    const constants = items.flatMap(({ op }) => (op.kind === 'constant' ? [op.value] : []));
    if (constants.length === items.length) return this.constant(constants);
    return `[${items.map((item) => this.value(item, fail)).join(', ')}]`;
  }

  private map(typed: Typed, { entries }: Operation & { readonly kind: 'map' }, fail: Fail): string {
    const constants = entries.flatMap(([key, value]) =>
      key.op.kind === 'constant' && value.op.kind === 'constant' ? [[key.op.value, value.op.value] as const] : [],
    );
    const isConstant = constants.length === entries.length && new Set(constants.map(([key]) => key)).size === constants.length;
    if (isConstant) return this.constant(new Map(constants));
    const pairs = entries.map(([key, value]) => `[${this.value(key, fail)}, ${this.value(value, fail)}]`);
    const result = this.name();
    const fault = this.constant(new Fault({ kind: 'failed', path: '', message: 'a key of the map is there twice', span: typed }));
    this.lines.push(`const ${result} = h.mapOf([${pairs.join(', ')}]);`, `if (${result} === undefined) { ${fail(fault)} }`);
    return result;
  }

  private loop(op: Operation & { readonly kind: 'loop' }, fail: Fail): string {
    const over = this.value(op.over, fail);
    const [result, element] = [this.name(), this.name()];
    const isMap = typeof op.over.type === 'object' && 'map' in op.over.type;
    const elements = isMap ? `${over}.keys()` : over;
    const known = this.snapshot();
    this.locals.push({ name: op.name, js: element });
    if (op.macro === 'all' || op.macro === 'exists') this.quantifier(op, { result, element, elements });
    else this.collector(op, { result, element, elements, fail });
    this.locals.pop();
    this.present = known;
    if (op.macro === 'exists_one') return `(${result} === 1)`;
    if ((op.macro === 'all' || op.macro === 'exists') && canFail(op.body)) {
      this.lines.push(`if (typeof ${result} !== 'boolean') { ${fail(result)} }`);
    }
    return result;
  }

  /** As `&&` or `||` of all elements. */
  private quantifier(
    { macro, body }: Operation & { readonly kind: 'loop' },
    names: Readonly<Record<'result' | 'element' | 'elements', string>>,
  ): void {
    const { result, element, elements } = names;
    const decides = macro === 'exists';
    const one = this.name();
    this.lines.push(`let ${result} = ${!decides};`, `for (const ${element} of ${elements}) {`, `let ${one};`);
    this.block(body, one);
    this.lines.push(`if (${one} === ${decides}) { ${result} = ${decides}; break; }`);
    this.lines.push(`if (${one} !== ${!decides} && ${result} === ${!decides}) ${result} = ${one};`, '}');
  }

  private collector(
    { macro, only, body }: Operation & { readonly kind: 'loop' },
    names: Readonly<Record<'result' | 'element' | 'elements', string>> & { readonly fail: Fail },
  ): void {
    const { result, element, elements, fail } = names;
    this.lines.push(`let ${result} = ${macro === 'exists_one' ? '0' : '[]'};`, `for (const ${element} of ${elements}) {`);
    if (only !== undefined) this.lines.push(`if (!${this.value(only, fail)}) continue;`);
    const value = this.value(body, fail);
    if (macro === 'map') this.lines.push(`${result}.push(${value});`);
    else this.lines.push(`if (${value}) ${macro === 'filter' ? `${result}.push(${element})` : `${result} += 1`};`);
    this.lines.push('}');
  }

  /** Sets a name to the value of a part or to its fault. */
  private block(typed: Typed, result: string): void {
    const label = this.name();
    const known = this.snapshot();
    this.lines.push(`${label}: {`);
    const value = this.value(typed, (fault) => `${result} = ${fault}; break ${label};`);
    this.lines.push(`${result} = ${value};`, '}');
    this.present = known;
  }

  /** What is known now: names made within a block are not known behind it. */
  private snapshot(): Map<number, string> {
    return new Map(this.present);
  }

  private name(): string {
    this.names += 1;
    return `t${this.names}`;
  }

  private constant(value: unknown): string {
    this.constants.push(value);
    return `k${this.constants.length - 1}`;
  }

  private literal(value: CelValue): string {
    switch (typeof value) {
      case 'string':
        // Line separators are letters of a text in JSON and in JavaScript.
        return JSON.stringify(value);
      case 'number':
        return Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value);
      case 'bigint':
        return `(${value}n)`;
      case 'boolean':
        return String(value);
      default:
        return this.constant(value);
    }
  }
}

/** Whether a part may have no value: only then faults are looked for. */
function canFail(typed: Typed): boolean {
  const { op } = typed;
  switch (op.kind) {
    case 'constant':
    case 'has':
    case 'local':
      return false;
    case 'variable':
      return op.variable.isRequired !== true;
    case 'call':
      return op.overload.fault !== undefined || op.args.some(canFail);
    case 'map':
      return true;
    case 'list':
      return op.items.some(canFail);
    case 'and':
    case 'or':
      return canFail(op.left) || canFail(op.right);
    case 'choice':
      return canFail(op.condition) || canFail(op.then) || canFail(op.otherwise);
    case 'loop':
      return canFail(op.over) || canFail(op.body) || (op.only !== undefined && canFail(op.only));
  }
}

/** Whether an int is a number for sure: values of events and features are, results may not be. */
function isSmall({ op }: Typed): boolean {
  return op.kind === 'variable' || (op.kind === 'constant' && typeof op.value === 'number' && Math.abs(op.value) < SMALL_MAX);
}

function fastInt(result: string, sign: string, [a = '', b = '']: readonly string[]): string {
  // No int is -0.
  return `let ${result} = ${a} ${sign} ${b}${sign === '*' ? ' + 0' : ''};`;
}
