/** An accepted payment, with all that windows are made of. */
export interface PaymentSent {
  readonly id: string;
  readonly timeMs: number;
  readonly customer: string;
  readonly terminal: string;
  readonly amountMinor: number;
}

/** What was put on the stream, whether acknowledged at the first try or the tenth. */
export class Truth {
  readonly payments: PaymentSent[] = [];
  readonly labels = new Set<string>();
  /** Bytes of bad records. */
  readonly bad = new Set<string>();
  /** Events put a second time on purpose. */
  repeats = 0;
  sumMinor = 0;

  addPayment(payment: PaymentSent): void {
    this.payments.push(payment);
    this.sumMinor += payment.amountMinor;
  }

  /** Events that are to be found once: payments and labels. */
  get accepted(): number {
    return this.payments.length + this.labels.size;
  }

  /** Everything sent, in events. */
  get sent(): number {
    return this.accepted + this.bad.size + this.repeats;
  }

  /** Event time of the newest event, epoch ms. */
  get newestMs(): number {
    return this.payments.at(-1)?.timeMs ?? 0;
  }

  /** Payments as a CSV file for an engine of its own. */
  csv(): string {
    const lines = this.payments.map(({ id, timeMs, customer, terminal, amountMinor }) =>
      [id, new Date(timeMs).toISOString(), customer, terminal, amountMinor].join(','),
    );
    return `event_id,event_time,customer_id,terminal_id,amount_minor\n${lines.join('\n')}\n`;
  }
}
