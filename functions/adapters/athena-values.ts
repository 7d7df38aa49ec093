import type { SqlCell } from '../../core/ports.ts';

/** JS value of one value of an Athena result, which comes as text, by the type of its column. */
export function athenaValue(type: string, text: string | undefined): SqlCell {
  if (text === undefined) return null;
  switch (type) {
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integerValue(text);
    case 'double':
    case 'float':
    case 'real':
      return numberValue(text);
    case 'boolean':
      return text === 'true';
    case 'timestamp':
      return timestampText(text);
    case 'varbinary':
      // Athena spells bytes as hex pairs with spaces.
      return Buffer.from(text.replaceAll(' ', ''), 'hex').toString('base64');
    default:
      return text;
  }
}

function integerValue(text: string): SqlCell {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** JSON knows no infinities; they stay text. */
function numberValue(text: string): SqlCell {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** Three digits behind the seconds, more only where there are any. */
function timestampText(text: string): string {
  const [, whole, fraction = ''] = /^([^.]*)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return text;
  return `${whole}.${fraction.slice(0, 3).padEnd(3, '0')}${fraction.slice(3).replace(/0+$/, '')}`;
}
