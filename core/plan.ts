import { compileAggregate } from './aggregates/aggregate.ts';
import type { AggregateFunction } from './aggregates/types.ts';
import type { Aggregate, Pipeline } from './definition/pipeline.ts';
import { createParser } from './events/parser.ts';
import { createPlainReader } from './events/plain/reader.ts';
import type { Event, Parsed, RawEvent } from './model.ts';
import { compileKeyFeatures, type KeyFeatures, type KeyReading } from './profiles/features.ts';
import { compileRecord } from './profiles/record.ts';
import { compileTileFeatures, type TileFeatures, type TileReading } from './profiles/tiles.ts';
import { sliceMsOf } from './windows/assign.ts';
import { tileFamilyOf } from './windows/families.ts';
import { groupKeyOf } from './windows/groups.ts';

/** Something that stores slices of event time per group: a tumbling or hopping aggregate, or a tile ring. */
export interface Family {
  readonly name: string;
  /** Event type it is fed with. */
  readonly over: string;
  readonly sliceMs: number;
  /** How long after its start a slice is needed: the end of the last window that contains it. */
  readonly reachMs: number;
  readonly fn: AggregateFunction;
  /** Group of an event; undefined if the event does not belong. */
  readonly groupKeyOf: (event: Event) => string | undefined;
  /** The aggregate whose rows it emits; undefined for tile rings. */
  readonly aggregate: Aggregate | undefined;
}

/** A session aggregate; its state lives in profiles. */
export interface SessionPlan {
  readonly aggregate: Aggregate;
  readonly gapMs: number;
  readonly fn: AggregateFunction;
}

/** A pipeline compiled for running. */
export interface Plan {
  readonly pipeline: Pipeline;
  /** What the bytes of a record say. */
  readonly parse: (raw: RawEvent) => Parsed;
  /** The event of a record that is plainly good and holds no card number; undefined for any other. Quick. */
  readonly parsePlain: (raw: RawEvent) => Event | undefined;
  /** The same as `parse`, without a try whether the record is plainly good: for those that are known not to be. */
  readonly parseOther: (raw: RawEvent) => Parsed;
  readonly families: readonly Family[];
  readonly sessions: readonly SessionPlan[];
  readonly keyFeatures: KeyFeatures;
  readonly tileFeatures: TileFeatures;
  /** Values of all features by name, in the order of `ofNothing`. */
  readonly read: (of: Reading) => Record<string, number | null>;
  /** Values of all features where nothing was seen, in the order in which they are read. */
  readonly ofNothing: Readonly<Record<string, number | null>>;
  /** Width of the narrowest tile, ms; null if no feature reads tiles. */
  readonly tileMs: number | null;
}

function aggregateFamily(pipeline: Pipeline, aggregate: Aggregate): Family[] {
  const { window } = aggregate;
  if (window.kind === 'session') return [];
  return [
    {
      name: aggregate.name,
      over: aggregate.over,
      sliceMs: sliceMsOf(window),
      reachMs: window.sizeMs,
      fn: functionOf(pipeline, aggregate),
      groupKeyOf: (event) => groupKeyOf(aggregate, event),
      aggregate,
    },
  ];
}

function functionOf(pipeline: Pipeline, aggregate: Aggregate): AggregateFunction {
  return compileAggregate(aggregate.measures, pipeline.eventTypes[aggregate.over]?.fields ?? {});
}

/** What the features of an event are read of. */
export type Reading = KeyReading & TileReading;

function compileRead(keyFeatures: KeyFeatures, tileFeatures: TileFeatures): Plan['read'] {
  const ofKey = Object.keys(keyFeatures.ofNothing);
  const recordOf = compileRecord([...ofKey, ...Object.keys(tileFeatures.ofNothing)]);
  const scratch: number[] = [];
  return (of) => {
    keyFeatures.readInto(scratch, 0, of);
    tileFeatures.readInto(scratch, ofKey.length, of);
    return recordOf(scratch, 0);
  };
}

/** Compiles a checked pipeline: parser, aggregates, feature readers. */
export function compilePlan(pipeline: Pipeline): Plan {
  const aggregates = Object.values(pipeline.aggregates);
  const keyFeatures = compileKeyFeatures(pipeline);
  const tileFeatures = compileTileFeatures(pipeline, keyFeatures.marks);
  const sessions = aggregates.flatMap((aggregate) =>
    aggregate.window.kind === 'session' ? [{ aggregate, gapMs: aggregate.window.gapMs, fn: functionOf(pipeline, aggregate) }] : [],
  );
  return {
    pipeline,
    ...parsersOf(pipeline),
    families: [...aggregates.flatMap((one) => aggregateFamily(pipeline, one)), ...tileFeatures.rings.map(tileFamilyOf)],
    sessions,
    keyFeatures,
    tileFeatures,
    read: compileRead(keyFeatures, tileFeatures),
    ofNothing: { ...keyFeatures.ofNothing, ...tileFeatures.ofNothing },
    tileMs: tileFeatures.rings.reduce<number | null>((least, ring) => Math.min(least ?? ring.tileMs, ring.tileMs), null),
  };
}

function parsersOf(pipeline: Pipeline): Pick<Plan, 'parse' | 'parsePlain' | 'parseOther'> {
  const [parsePlain, parseOther] = [createPlainReader(pipeline), createParser(pipeline)];
  const parse = (raw: RawEvent): Parsed => {
    const event = parsePlain(raw);
    return event === undefined ? parseOther(raw) : { event };
  };
  return { parse, parsePlain, parseOther };
}
