import { z } from 'zod';

/** A payment as the usual way checks it, members beside these ignored. */
export const PAYMENT = z.object({
  event_id: z.string().length(26),
  event_time: z.iso.datetime(),
  card_id: z.string().min(1).max(32),
  merchant_id: z.string().min(1).max(32),
  terminal_id: z.string().min(1),
  amount: z.number().nonnegative().max(1e9),
  currency: z.string().length(3),
  country: z.string().length(2),
  mcc: z.string().length(4),
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  channel: z.enum(['pos', 'ecom', 'atm', 'moto', 'contactless']),
  device_id: z.string().min(1),
  ip: z.ipv4(),
});

/** A checked payment. */
export type BaselinePayment = z.infer<typeof PAYMENT>;

/** Reads and checks one payment in base64; undefined if it is none. */
export function read(data: string): BaselinePayment | undefined {
  try {
    return PAYMENT.parse(JSON.parse(Buffer.from(data, 'base64').toString()));
  } catch {
    return undefined;
  }
}
