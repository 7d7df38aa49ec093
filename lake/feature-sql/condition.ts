import type { Typed } from '../../core/cel/typed.ts';
import type { CelType, CelValue, CelVariable } from '../../core/cel/types.ts';
import { quoteText } from '../sql-text.ts';
import { NoSqlError } from './errors.ts';

/** SQL of the value of a variable, NULL where it is absent. */
export type VariableSql = (variable: CelVariable) => string;

/** Operators that both engines compute as CEL does, and how SQL writes them. */
const COMPARED: Readonly<Record<string, string>> = { '==': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };
/** Of whole numbers CEL ends in an error where SQL stops the whole query, so that only doubles are computed with. */
const COMPUTED = ['+', '-', '*'];

/**
 * SQL of a condition. It is true where the condition is: what is absent is NULL, and AND, OR and NOT treat NULL as CEL treats an error, so that
 * one side which is true or false decides. Throws NoSqlError for what has no such form.
 */
export function conditionSql(typed: Typed, variableSql: VariableSql): string {
  const sql = (part: Typed): string => conditionSql(part, variableSql);
  const { op, type } = typed;
  switch (op.kind) {
    case 'constant':
      return constantSql(op.value, type);
    case 'variable':
      return variableSql(op.variable);
    case 'has':
      return `(${variableSql(op.variable)} IS NOT NULL)`;
    case 'and':
      return `(${sql(op.left)} AND ${sql(op.right)})`;
    case 'or':
      return `(${sql(op.left)} OR ${sql(op.right)})`;
    case 'choice':
      return `CASE WHEN ${sql(op.condition)} THEN ${sql(op.then)} WHEN NOT ${sql(op.condition)} THEN ${sql(op.otherwise)} END`;
    case 'call':
      return callSql(op.overload.name, op.args, sql);
    default:
      throw new NoSqlError(`a ${op.kind} in a condition`);
  }
}

function callSql(name: string, args: readonly Typed[], sql: (part: Typed) => string): string {
  const [left, right] = args;
  if (left === undefined) throw new NoSqlError(`${name}() in a condition`);
  if (name === '!_') return `(NOT ${sql(left)})`;
  if (name === '-_' && (left.type === 'double' || left.op.kind === 'constant')) return `(-${sql(left)})`;
  if (right === undefined) throw new NoSqlError(`${plain(name)} in a condition`);
  const sign = COMPARED[name];
  if (sign !== undefined && typeof left.type === 'string') return `(${sql(left)} ${sign} ${sql(right)})`;
  if (COMPUTED.includes(name) && left.type === 'double') return `(${sql(left)} ${name} ${sql(right)})`;
  if (name === 'in' && right.op.kind === 'list' && right.op.items.length > 0)
    return `(${sql(left)} IN (${right.op.items.map(sql).join(', ')}))`;
  throw new NoSqlError(
    `${plain(name)} of ${args.map(({ type }) => (typeof type === 'string' ? type : 'a list')).join(' and ')} in a condition`,
  );
}

function plain(name: string): string {
  return name.replace(/^\.|_$/g, '');
}

/** Ints, times and durations are whole numbers, the latter two of milliseconds. */
function constantSql(value: CelValue, type: CelType): string {
  if (typeof value === 'string') return quoteText(value);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'number') throw new NoSqlError('a list or map in a condition');
  return type === 'double' ? value.toExponential() : String(value);
}
