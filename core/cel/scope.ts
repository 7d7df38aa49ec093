import { nearestName } from './errors.ts';
import type { Node } from './nodes.ts';
import type { Typed } from './typed.ts';
import type { CelVariable } from './types.ts';

/** A name that a loop binds. */
export type Local = Pick<Typed, 'type' | 'unit' | 'lengthMax'>;

/** The names that an expression may use. */
export class Scope {
  private readonly variables: ReadonlyMap<string, CelVariable>;
  private readonly locals: ReadonlyMap<string, Local>;

  constructor(variables: ReadonlyMap<string, CelVariable>, locals: ReadonlyMap<string, Local> = new Map()) {
    this.variables = variables;
    this.locals = locals;
  }

  /** The scope within a loop. */
  with(name: string, local: Local): Scope {
    return new Scope(this.variables, new Map([...this.locals, [name, local]]));
  }

  local(name: string): Local | undefined {
    return this.locals.get(name);
  }

  variable(path: string): CelVariable | undefined {
    return this.variables.get(path);
  }

  /** Whether names begin with this one and a point. */
  isPrefix(name: string): boolean {
    return !this.locals.has(name) && [...this.variables.keys()].some((path) => path.startsWith(`${name}.`));
  }

  /** What to say of a name that is not known. */
  advice(path: string): string {
    const names = [...this.locals.keys(), ...this.variables.keys()];
    const nearest = nearestName(path, names);
    if (nearest !== undefined) return `did you mean ${nearest}?`;
    const [root] = path.split('.', 1);
    const near = names.filter((name) => name.startsWith(`${root}.`));
    return (near.length === 0 ? names : near).join(', ');
  }
}

/** `event.amount` of the node that says so; undefined for any other node. */
export function pathOf(node: Node): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind !== 'field') return undefined;
  const target = pathOf(node.target);
  return target === undefined ? undefined : `${target}.${node.name}`;
}
