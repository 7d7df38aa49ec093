import { parseArgs } from 'node:util';
import { usageError } from '../core/errors.ts';

/** One flag of a command; `value` names what follows it in help, such as DIR. */
export type Flag =
  | { readonly kind: 'switch'; readonly help: string }
  | { readonly kind: 'text'; readonly value: string; readonly help: string; readonly fallback?: string }
  | { readonly kind: 'texts'; readonly value: string; readonly help: string }
  | {
      readonly kind: 'whole';
      readonly value: string;
      readonly help: string;
      readonly fallback?: number;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'choice'; readonly help: string; readonly choices: readonly string[]; readonly fallback: string };

/** The flags of a command by name, without the leading dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** Type of a flag's value once read. */
export type FlagValue<F extends Flag> = F extends { kind: 'switch' }
  ? boolean
  : F extends { kind: 'whole'; fallback: number }
    ? number
    : F extends { kind: 'whole' }
      ? number | undefined
      : F extends { kind: 'texts' }
        ? readonly string[]
        : F extends { fallback: string }
          ? string
          : string | undefined;

/** Read arguments: a value for each declared flag, and what is no flag. */
export interface Arguments<T extends Flags> {
  readonly flags: { readonly [K in keyof T]: FlagValue<T[K]> };
  readonly positionals: readonly string[];
}

type RawValue = string | boolean | number | readonly string[] | undefined;

const WHOLE = /^(0|[1-9]\d{0,15})$/;

/**
 * Reads the arguments of a command. A `texts` flag takes every plain argument behind it, as a shell expands `--input *.csv`.
 * Throws UsageError of one line for an unknown flag, a missing or unexpected value, or a value out of range.
 */
export function readFlags<const T extends Flags>(flags: T, args: readonly string[]): Arguments<T> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { type: flag.kind === 'switch' ? ('boolean' as const) : ('string' as const) }]),
  );
  // Not strict: its messages are several lines and name no range, so each token is checked here instead.
  const { tokens } = parseArgs({ args: [...args], options, tokens: true, strict: false, allowPositionals: true });
  const values: Record<string, RawValue> = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, fallbackOf(flag)]));
  const positionals: string[] = [];
  let open: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option') {
      const flag = Object.hasOwn(flags, token.name) && token.rawName.startsWith('--') ? flags[token.name] : undefined;
      if (flag === undefined) throw usageError('unknown flag', token.rawName, listOf(flags));
      const value = checkedValue(token.rawName, flag, token.value, token.inlineValue === true);
      values[token.name] = flag.kind === 'texts' ? appended(values[token.name], String(value)) : value;
      open = flag.kind === 'texts' ? token.name : undefined;
    } else if (token.kind === 'option-terminator') open = undefined;
    else if (open !== undefined) values[open] = appended(values[open], token.value);
    else positionals.push(token.value);
  }
  // The loop above gave each declared flag a value of its kind, which a mapped type cannot follow.
  return { flags: values as Arguments<T>['flags'], positionals };
}

/** Refuses plain arguments where a command takes none. */
export function noPositionals(positionals: readonly string[], flags: Flags): void {
  const [first] = positionals;
  if (first !== undefined) throw usageError('unexpected argument', first, `only flags: ${listOf(flags)}`);
}

function listOf(flags: Flags): string {
  return [...Object.keys(flags), 'help'].map((name) => `--${name}`).join(', ');
}

function fallbackOf(flag: Flag): RawValue {
  if (flag.kind === 'switch') return false;
  if (flag.kind === 'texts') return [];
  return flag.fallback;
}

function appended(list: RawValue, value: string): readonly string[] {
  return [...(Array.isArray(list) ? (list as readonly string[]) : []), value];
}

/** Checks one value; `isInline` where it was written `--flag=value`, so that it may begin with a dash. */
function checkedValue(name: string, flag: Flag, value: string | undefined, isInline: boolean): string | boolean | number {
  if (flag.kind === 'switch') {
    if (value !== undefined) throw usageError(name, value, 'no value: it is on when it is there');
    return true;
  }
  if (flag.kind === 'whole') {
    const allowed = `a whole number in ${flag.min}..${flag.max}`;
    if (value === undefined) throw usageError(name, 'nothing', allowed);
    const number = WHOLE.test(value) ? Number(value) : Number.NaN;
    if (!(number >= flag.min && number <= flag.max)) throw usageError(name, value, allowed);
    return number;
  }
  if (flag.kind === 'choice') {
    if (value === undefined || !flag.choices.includes(value)) throw usageError(name, value ?? 'nothing', flag.choices.join(', '));
    return value;
  }
  if (value === undefined || value === '') throw usageError(name, value ?? 'nothing', flag.value);
  if (!isInline && /^-./.test(value)) throw usageError(name, value, `${flag.value}; write ${name}=${value} if it begins with a dash`);
  return value;
}
