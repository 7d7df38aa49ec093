import type { FeatureSpec } from '../../../core/definition/features.ts';
import type { Event, FieldValue } from '../../../core/model.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

let serial = 0;

/** An event at `timeMs`; `values` wins over plain defaults, undefined leaves a field out. */
export function eventAt(type: string, timeMs: number, values: Record<string, FieldValue | undefined> = {}): Event {
  serial += 1;
  const all = { event_id: `e${serial}`, event_time: timeMs, customer: 'c1', terminal: 't1', amount: 100, currency: 'EUR', ...values };
  const present: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) present[name] = value;
  return { type, id: `e${serial}`, timeMs, key: String(all.customer), values: present };
}

const floorTo = (ms: number, sizeMs: number): number => ms - (((ms % sizeMs) + sizeMs) % sizeMs);

/** Value of a feature by a plain scan over all earlier events, in whole numbers of any size. */
export function naiveFeature(
  spec: FeatureSpec,
  judged: Event,
  asOfMs: number,
  earlier: readonly Event[],
  frontierMs: number | null,
): number | null {
  const [fromMs, toMs] =
    spec.kind === 'key'
      ? [floorTo(asOfMs, spec.tileMs) - spec.windowMs, floorTo(asOfMs, spec.tileMs) + spec.tileMs]
      : closedRange(Math.min(floorTo(asOfMs - spec.delayMs, spec.tileMs), floorTo(frontierMs ?? -1e15, spec.tileMs)), spec.windowMs);
  const equalFields = spec.kind === 'key' ? spec.per : [spec.by];
  const inside = earlier.filter(
    (one) =>
      one.type === spec.over &&
      (spec.kind === 'tile' ? judged.values[spec.by] !== undefined : one.key === judged.key) &&
      one.timeMs >= fromMs &&
      one.timeMs < toMs &&
      equalFields.every((field) => one.values[field] === judged.values[field]) &&
      Object.entries(spec.where ?? {}).every(([field, value]) => one.values[field] === value) &&
      (spec.field === undefined || one.values[spec.field] !== undefined) &&
      (spec.place ?? []).every((field) => one.values[field] !== undefined),
  );
  if (spec.measure === 'count') return inside.length;
  const other = naiveOther(spec, inside, { judged, asOfMs });
  if (other !== undefined) return other;
  const sum = inside.reduce((total, one) => total + BigInt(one.values[spec.field ?? ''] ?? 0), 0n);
  const unit = spec.field === 'reading' ? 100 : 1;
  if (spec.measure === 'sum') return Number(sum) / unit;
  return inside.length === 0 ? null : Number(sum) / (inside.length * unit);
}

/** Measures that are no sum and no mean, each by its own definition; undefined for those. */
function naiveOther(
  spec: FeatureSpec,
  inside: readonly Event[],
  { judged, asOfMs }: { readonly judged: Event; readonly asOfMs: number },
): number | null | undefined {
  const unit = spec.field === 'reading' ? 100 : 1;
  const numbers = inside.map((one) => Number(one.values[spec.field ?? '']) / unit);
  const or = (value: number): number | null => (inside.length === 0 ? null : value);
  const last = inside.toSorted((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1)).at(-1);
  switch (spec.measure) {
    case 'min':
      return or(Math.min(...numbers));
    case 'max':
      return or(Math.max(...numbers));
    case 'distinct':
      return new Set(inside.map((one) => one.values[spec.field ?? ''])).size;
    case 'share':
      return or(
        inside.filter((one) => Object.entries(spec.of ?? {}).every(([name, value]) => one.values[name] === value)).length / inside.length,
      );
    case 'ratio': {
      const { dropOneIn, prior } = spec.usual ?? { dropOneIn: 0, prior: 0 };
      const value = judged.values[spec.field ?? ''];
      const whole = inside.map((one) => Number(one.values[spec.field ?? ''])).sort((a, b) => a - b);
      const kept = whole.slice(0, whole.length - Math.floor(whole.length / dropOneIn));
      if (typeof value !== 'number') return null;
      const usual = kept.reduce((sum, one) => sum + one, 0) + prior;
      return usual > 0 ? (value * (kept.length + 1)) / usual : null;
    }
    case 'stddev': {
      const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
      return or(Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length));
    }
    case 'since_last':
      return last === undefined ? null : Math.max(0, asOfMs - last.timeMs);
    case 'distance_km':
    case 'speed_kmh': {
      if (last === undefined || judged.values['lat'] === undefined || judged.values['lon'] === undefined) return null;
      const km = naiveKm(last, judged);
      return spec.measure === 'distance_km' ? km : km / (Math.max(60_000, Math.abs(asOfMs - last.timeMs)) / 3_600_000);
    }
    default:
      return undefined;
  }
}

/** Angle between two places as vectors: another formula than the one that is tested. */
function naiveKm(a: Event, b: Event): number {
  const vector = ({ values }: Event): [number, number, number] => {
    const [north, east] = [values['lat'], values['lon']].map((degrees) => (Number(degrees) / 1e6 / 180) * Math.PI) as [number, number];
    return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
  };
  const [[x, y, z], [u, v, w]] = [vector(a), vector(b)];
  const cross = Math.hypot(y * w - z * v, z * u - x * w, x * v - y * u);
  return 6_371.0088 * Math.atan2(cross, x * u + y * v + z * w);
}

function closedRange(endMs: number, windowMs: number): [number, number] {
  return [endMs - windowMs, endMs];
}
