import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { shardsOf } from '../../functions/adapters/kinesis-shards.ts';
import { kinesisSource, type StreamSource } from '../../functions/adapters/kinesis-source.ts';
import type { KinesisHandler } from '../../functions/kinesis-event.ts';
import type { BatchStats } from '../../functions/process-stream/handler.ts';
import { tablesOf } from '../../lake/tables.ts';
import { AlertDeliverer } from '../alerts/deliverer.ts';
import { BufferedDelivery } from '../delivery/buffer.ts';
import { type Endpoint, startEndpoint } from '../endpoint/endpoint.ts';
import { Checkpoints } from '../mapping/checkpoints.ts';
import { FolderObjectStore } from '../objects/folder.ts';
import type { LoadedPipeline } from '../pipeline.ts';
import { JournaledStateStore } from '../state/journaled.ts';
import { ensureStream, type StreamIdentity, streamClient } from '../stream/client.ts';
import { checkMeta, type DataFolder, dataFolder, type FolderMeta, readMeta, writeMeta } from './folder.ts';
import { lockFolder } from './lock.ts';
import { type Handlers, wireHandlers } from './services.ts';

/** What opening a machine needs. */
export interface MachineOptions {
  readonly dataDir: string;
  readonly loaded: LoadedPipeline;
  /** Shards of a new stream; a stream that is there already keeps its own. */
  readonly shardCount: number;
  /** TCP port of the endpoint; 0 takes any free one. */
  readonly port: number;
  readonly clock: () => number;
  readonly observe: (stats: BatchStats) => void;
  /** Hears of failures that are tried again, so that a person can see them. */
  readonly onRetry: (message: string) => void;
  /** Whether alerts are told, as they are where events are live. */
  readonly isAlerting?: boolean;
  /** Told once when the stream's endpoint has died, without which nothing goes on. */
  readonly onFatal?: (error: Error) => void;
}

/** The whole pipeline on one machine: endpoint, stream, state, delivery and handlers over one data folder. */
export interface Machine {
  readonly folder: DataFolder;
  readonly meta: FolderMeta;
  readonly endpoint: Endpoint;
  readonly client: KinesisClient;
  readonly source: StreamSource;
  readonly stream: StreamIdentity;
  readonly store: JournaledStateStore;
  readonly delivery: BufferedDelivery;
  readonly checkpoints: Checkpoints;
  readonly handlers: Handlers;
  /** Tells alerts, where they are told. */
  readonly alerts: AlertDeliverer | undefined;
  /** The processor, with its failures reported before they are tried again. */
  readonly handler: KinesisHandler;
  setMeta(meta: FolderMeta): void;
  close(): Promise<void>;
}

/** Opens a data folder and starts everything but the mapping. Throws UsageError when the folder is in use or another pipeline's. */
export async function openMachine(options: MachineOptions): Promise<Machine> {
  const folder = dataFolder(options.dataDir);
  const lock = lockFolder(options.dataDir);
  const closers: (() => Promise<void> | void)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return await open(options, folder, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  options: MachineOptions,
  folder: DataFolder,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Machine> {
  const { loaded, clock } = options;
  const { name } = loaded.pipeline;
  const known = readMeta(folder);
  checkMeta(folder, known, name);
  mkdirSync(folder.lake, { recursive: true });
  const endpoint = await startEndpoint({
    path: folder.stream,
    port: options.port,
    ...(options.onFatal === undefined ? {} : { onFailure: options.onFatal }),
    onUnserved: (message) => options.onRetry(`the stream could not serve a request: ${message}`),
  });
  closers.push(() => endpoint.stop());
  const client = streamClient({ endpoint: endpoint.endpoint });
  closers.push(() => client.destroy());
  const stream = await ensureStream(client, name, options.shardCount);
  const source = kinesisSource(client, name);
  const store = new JournaledStateStore(folder.state, clock);
  closers.push(() => store.close());
  const objects = new FolderObjectStore(folder.lake);
  const delivery = await BufferedDelivery.open({
    folder: folder.delivery,
    objects,
    tables: tablesOf(loaded.pipeline),
  });
  closers.push(() => delivery.close());
  const meta = { ...known, pipeline: name, stream: name, streamEpoch: String(stream.creationEpoch) };
  writeMeta(folder, meta);
  const alerts =
    options.isAlerting === true
      ? new AlertDeliverer({ loaded, dataDir: folder.root, store, delivery, objects, clock, onFailure: options.onRetry })
      : undefined;
  const handlers = await wireHandlers(loaded, {
    store,
    delivery,
    objects,
    shards: shardsOf(source),
    streamEpoch: meta.streamEpoch,
    clock,
    observe: options.observe,
    ...(alerts === undefined ? {} : { alerts }),
  });
  const handler: KinesisHandler = async (event) => {
    try {
      return await handlers.process(event);
    } catch (error) {
      options.onRetry(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  const checkpoints = await Checkpoints.load(store, stream);
  const machine = { folder, endpoint, client, source, stream, store, delivery, checkpoints, handlers, alerts, handler, close };
  return { ...machine, meta, setMeta: (next) => writeMeta(folder, next) };
}

/** Folder for sorts of the feeder that do not fit in memory. */
export function spillPath(folder: DataFolder): string {
  return join(folder.root, 'spill');
}
