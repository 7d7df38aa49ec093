/** Card numbers that networks and payment providers publish for tests, by network. None is anybody's. */
export const TEST_CARDS = {
  visa: '4111111111111111',
  visa13: '4222222222222',
  visa19: '4000000000000000006',
  mastercard: '5555555555554444',
  mastercard2: '2223003122003222',
  amex: '378282246310005',
  discover: '6011111111111117',
  diners: '30569309025904',
  diners36: '36227206271667',
  jcb: '3566002020360505',
  unionPay: '6200000000000005',
  unionPay19: '6205500000000000004',
  maestro: '6759649826438453',
} as const;
