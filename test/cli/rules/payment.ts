/** A line with a payment over the limit of the shipped rules, at a time of day. */
export function payment(id: string, time: string): string {
  const base = { customer_id: 'ada', terminal_id: 't7', amount: '640.00', currency: 'EUR' };
  return `${JSON.stringify({ type: 'transaction', event_id: id, event_time: `2026-01-05T${time}:00Z`, ...base })}\n`;
}
