declare module 'kinesalite' {
  import type { Server } from 'node:http';

  interface KinesaliteOptions {
    /** LevelDB folder; in memory when left out. */
    path?: string;
    createStreamMs?: number;
    deleteStreamMs?: number;
    updateStreamMs?: number;
    shardLimit?: number;
  }

  /** Creates the Kinesis server; it listens when told, and closing it closes its database. */
  export default function kinesalite(options?: KinesaliteOptions): Server;
}
