import type { ObjectFiles, ObjectStore } from '../../core/ports.ts';

/** The objects of a lake, wherever it is. */
export interface LakePorts {
  readonly objects: ObjectStore;
  readonly files: ObjectFiles;
}

/** The lake of a deployed stack. */
export interface StackLake extends LakePorts {
  /** Frees clients and files. */
  readonly close: () => void;
}

/** A function of a deployed stack. */
export interface CalledFunction {
  /** Calls the function with an event and waits for its answer. */
  readonly call: (event: unknown) => Promise<unknown>;
  /** Frees clients. */
  readonly close: () => void;
}
