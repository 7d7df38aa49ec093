/** Keeps a feeder from running further ahead of the processing than a number of bytes. */
export class Gate {
  readonly #aheadBytesMax: number;
  #processed = 0;
  #open = false;
  #waiting: { readonly bytesPut: number; readonly pass: () => void } | undefined;

  constructor(aheadBytesMax: number) {
    this.#aheadBytesMax = aheadBytesMax;
  }

  /** Resolves when at most the allowed bytes of `bytesPut` are not yet processed. One caller at a time. */
  wait(bytesPut: number): Promise<void> {
    if (this.#open || bytesPut - this.#processed <= this.#aheadBytesMax) return Promise.resolve();
    return new Promise((pass) => {
      this.#waiting = { bytesPut, pass };
    });
  }

  /** Counts bytes as processed. */
  processed(bytes: number): void {
    this.#processed += bytes;
    if (this.#waiting !== undefined && this.#waiting.bytesPut - this.#processed <= this.#aheadBytesMax) this.starving();
  }

  /** Lets one waiting put through: the reader can do nothing with what it has. */
  starving(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.pass();
  }

  /** Opens for good. */
  open(): void {
    this.#open = true;
    this.starving();
  }
}
