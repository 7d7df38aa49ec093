import type { FieldValue } from '../../../../core/model.ts';

/** Values of event fields (as events hold them: minor units, scaled) and features, by name; undefined leaves an event field out. */
export type Change = Readonly<Record<string, FieldValue | null | undefined>>;

/** How one rule comes to each of its ends. All but `at` are changes of `at`, for which it fires. */
export interface RuleCases {
  readonly at: Change;
  /** Its reason there. */
  readonly reason: string;
  /** Other cases for which it fires. */
  readonly fires?: readonly Change[];
  /** Cases for which it does not fire. */
  readonly quiet: readonly Change[];
  /** Cases for which it lacks history. */
  readonly noHistory?: readonly Change[];
  /** Optional fields without any of which it is passed over. */
  readonly skips?: readonly string[];
}

const DAY_MS = 86_400_000;
const JUST_OVER = 1e-9;

/** What stands on the lists that the cases are judged with; one entry of each is void. */
export const LISTED = { watched_terminals: 't-watched', watched_payees: 'p-watched', until: Date.UTC(2024, 0, 1) } as const;

/** A band of what is usual, from just over one bound up to another. */
function usual(from: number, to: number, text: string): RuleCases {
  return {
    at: { customer_ratio_30d: from },
    reason: `amount 1000 is ${text} times what this customer usually spends`,
    fires: [{ customer_ratio_30d: to }],
    quiet: [{ customer_ratio_30d: from - JUST_OVER }, { customer_ratio_30d: to + JUST_OVER }, { customer_ratio_30d: 0 }],
    noHistory: [{ customer_ratio_30d: null }],
  };
}

/** Cases of every rule of the pack, by its id. */
export const CASES: Readonly<Record<string, RuleCases>> = {
  'amount-over-limit': {
    at: { amount: 22_001 },
    reason: 'amount 22001 minor units is over the limit of 22000',
    quiet: [{ amount: 22_000 }, { currency: 'JPY' }, { amount: 0 }],
  },
  'amount-above-usual': usual(2 + JUST_OVER, 2.5, '2'),
  'amount-well-above-usual': usual(2.5 + JUST_OVER, 3, '2.5'),
  'amount-far-above-usual': usual(3 + JUST_OVER, 3.5, '3'),
  'amount-out-of-pattern': {
    at: { customer_ratio_30d: 3.5 + JUST_OVER },
    reason: 'amount 1000 is 3.5 times what this customer usually spends',
    quiet: [{ customer_ratio_30d: 3.5 }, { customer_ratio_30d: 0 }],
    noHistory: [{ customer_ratio_30d: null }],
  },
  'unusual-amounts-before': {
    at: { customer_ratio_max_14d: 4 + JUST_OVER },
    reason: 'an earlier payment of the last 14 days was 4 times what this customer usually spends',
    quiet: [{ customer_ratio_max_14d: 4 }, { customer_ratio_max_14d: 0 }],
    noHistory: [{ customer_ratio_max_14d: null }],
  },
  'terminal-frauds-fresh': {
    at: { terminal_run_28d: 1, terminal_run_age_days_28d: 24 },
    reason: 'the latest 1 payments at this terminal of which anything is known were frauds, the first 24 days ago',
    fires: [{ terminal_run_age_days_28d: 0 }],
    quiet: [
      { terminal_run_age_days_28d: 25 },
      { terminal_run_28d: 0, terminal_run_age_days_28d: 24 },
      { terminal_run_28d: 0, terminal_run_age_days_28d: null },
    ],
    noHistory: [{ terminal_run_age_days_28d: null }],
  },
  'terminal-frauds-ageing': {
    at: { terminal_run_28d: 1, terminal_run_age_days_28d: 25 },
    reason: 'the latest 1 payments at this terminal of which anything is known were frauds, the first 25 days ago',
    fires: [{ terminal_run_age_days_28d: 27 }],
    quiet: [
      { terminal_run_age_days_28d: 24 },
      { terminal_run_age_days_28d: 28 },
      { terminal_run_28d: 0, terminal_run_age_days_28d: 25 },
      { terminal_run_28d: 0, terminal_run_age_days_28d: null },
      { terminal_run_age_days_28d: 0 },
    ],
    noHistory: [{ terminal_run_age_days_28d: null }],
  },
  'terminal-frauds-in-a-row': {
    at: { terminal_run_28d: 2, terminal_run_age_days_28d: 27 },
    reason: 'the latest 2 payments at this terminal of which anything is known were frauds, the first 27 days ago',
    fires: [{ terminal_run_age_days_28d: 0 }],
    quiet: [{ terminal_run_28d: 1 }, { terminal_run_age_days_28d: 28 }, { terminal_run_28d: 0, terminal_run_age_days_28d: null }],
    noHistory: [{ terminal_run_age_days_28d: null }],
  },
  'customer-velocity': {
    at: { customer_count_1h: 5 },
    reason: '5 earlier payments of this customer in the last hour',
    quiet: [{ customer_count_1h: 4 }, { customer_count_1h: 0 }],
  },
  'card-testing': {
    at: { channel: 'online', amount: 200, customer_online_count_1h: 3, customer_online_mean_minor_1h: 200 },
    reason: '3 online payments in the last hour, 200 minor units each on average, and one more',
    // A check of the card takes nothing.
    fires: [{ amount: 0 }, { customer_online_mean_minor_1h: 0 }],
    quiet: [
      { amount: 201 },
      { customer_online_count_1h: 2 },
      { customer_online_count_1h: 0, customer_online_mean_minor_1h: null },
      { customer_online_mean_minor_1h: 200 + JUST_OVER },
      { channel: 'chip' },
    ],
    noHistory: [{ customer_online_mean_minor_1h: null }],
    skips: ['channel'],
  },
  'card-test-then-purchase': {
    at: { channel: 'online', amount: 10_001, customer_online_count_1h: 3, customer_online_mean_minor_1h: 200 },
    reason: 'amount 10001 after 3 online payments of 200 minor units each within an hour',
    fires: [{ customer_online_mean_minor_1h: 0 }],
    quiet: [
      { amount: 10_000 },
      { amount: 0 },
      { customer_online_count_1h: 2 },
      { customer_online_count_1h: 0, customer_online_mean_minor_1h: null },
      { customer_online_mean_minor_1h: 200 + JUST_OVER },
      { channel: 'chip' },
    ],
    noHistory: [{ customer_online_mean_minor_1h: null }],
    skips: ['channel'],
  },
  'repeated-declines': {
    at: { approved: true, customer_declines_1h: 3 },
    reason: '3 payments of this customer were declined in the last hour',
    fires: [{ approved: false }],
    quiet: [{ customer_declines_1h: 2 }, { customer_declines_1h: 0 }],
    skips: ['approved'],
  },
  'merchant-card-testing': {
    at: { merchant_id: 'm1', channel: 'online', amount: 500, merchant_declines_1d: 50 },
    reason: '50 payments at this merchant were declined within a day',
    fires: [{ amount: 0 }],
    quiet: [{ amount: 501 }, { merchant_declines_1d: 49 }, { merchant_declines_1d: 0 }, { channel: 'chip' }],
    skips: ['merchant_id', 'channel'],
  },
  'impossible-travel': {
    at: {
      ...{ terminal_lat: 52_520_008, terminal_lon: 13_404_954 },
      ...{ customer_distance_km_1d: 100 + JUST_OVER, customer_speed_kmh_1d: 900 + JUST_OVER },
    },
    reason: '100 km from the terminal before, at 900 km/h',
    fires: [{ terminal_lat: 0, terminal_lon: 0 }],
    quiet: [
      { customer_distance_km_1d: 100 },
      { customer_distance_km_1d: 0, customer_speed_kmh_1d: 0 },
      { customer_speed_kmh_1d: 900 },
      { customer_speed_kmh_1d: 0 },
    ],
    noHistory: [{ customer_distance_km_1d: null, customer_speed_kmh_1d: null }],
    skips: ['terminal_lat', 'terminal_lon'],
  },
  'new-device-high-amount': {
    at: { device_id: 'd1', customer_device_count_30d: 0, customer_count_30d: 10, customer_mean_minor_30d: 1_000, amount: 2_001 },
    reason: 'amount 2001 from a new device is over 2 times the 30-day mean 1000',
    fires: [{ customer_mean_minor_30d: 0 }],
    quiet: [
      { customer_device_count_30d: 1 },
      { customer_count_30d: 9 },
      { customer_count_30d: 0, customer_mean_minor_30d: null },
      { amount: 2_000 },
      { amount: 0 },
    ],
    noHistory: [{ customer_mean_minor_30d: null }],
    skips: ['device_id'],
  },
  'new-payee-high-amount': {
    at: { payee_id: 'p1', customer_payee_count_30d: 0, customer_count_30d: 10, amount: 100_000 },
    reason: 'amount 100000 to a payee who is new to this customer',
    quiet: [{ customer_payee_count_30d: 1 }, { customer_count_30d: 9 }, { customer_count_30d: 0 }, { amount: 99_999 }, { amount: 0 }],
    skips: ['payee_id'],
  },
  'dormant-then-active': {
    at: { customer_since_last_60d: 30 * DAY_MS, amount: 10_001 },
    reason: 'amount 10001 after a silence of 30 days',
    quiet: [{ customer_since_last_60d: 30 * DAY_MS - 1 }, { customer_since_last_60d: 0 }, { amount: 10_000 }, { amount: 0 }],
    noHistory: [{ customer_since_last_60d: null }],
  },
  'terminal-compromised': {
    at: { terminal_frauds_28d: 3 },
    reason: '3 frauds at this terminal became known in the last 28 days',
    quiet: [{ terminal_frauds_28d: 2 }, { terminal_frauds_28d: 0 }],
  },
  'merchant-compromised': {
    at: { merchant_id: 'm1', merchant_frauds_28d: 3, merchant_fraud_share_28d: 0.02 + JUST_OVER },
    reason: '3 frauds at this merchant became known in 28 days, a share of 0.02',
    quiet: [
      { merchant_frauds_28d: 2 },
      { merchant_frauds_28d: 0, merchant_fraud_share_28d: 0 },
      { merchant_frauds_28d: 0, merchant_fraud_share_28d: null },
      { merchant_fraud_share_28d: 0.02 },
    ],
    noHistory: [{ merchant_fraud_share_28d: null }],
    skips: ['merchant_id'],
  },
  'cash-out': {
    at: { channel: 'atm', amount: 40_001, customer_atm_count_1d: 2, customer_atm_sum_minor_1d: 40_000 },
    reason: 'withdrawal of 40001 after 2 within a day that made 40000',
    fires: [
      { customer_atm_sum_minor_1d: 0, amount: 80_001 },
      { amount: 0, customer_atm_sum_minor_1d: 80_001 },
    ],
    quiet: [
      { amount: 40_000 },
      { customer_atm_count_1d: 1 },
      { customer_atm_count_1d: 0, customer_atm_sum_minor_1d: 0 },
      { amount: 0 },
      { channel: 'chip' },
    ],
    skips: ['channel'],
  },
  'quasi-cash': {
    at: { mcc: '6051', customer_count_30d: 10, customer_mean_minor_30d: 1_000, amount: 2_001 },
    reason: 'amount 2001 at a merchant of category 6051 is over 2 times the 30-day mean 1000',
    fires: [{ mcc: '4829' }, { mcc: '7995' }, { customer_mean_minor_30d: 0 }],
    quiet: [
      { mcc: '5411' },
      { customer_count_30d: 9 },
      { customer_count_30d: 0, customer_mean_minor_30d: null },
      { amount: 2_000 },
      { amount: 0 },
    ],
    noHistory: [{ customer_mean_minor_30d: null }],
    skips: ['mcc'],
  },
  'amount-just-under-limit': {
    at: { amount: 20_901, customer_count_1h: 2 },
    reason: 'amount 20901 is just below the limit of 22000, after 2 payments within an hour',
    fires: [{ amount: 22_000 }],
    quiet: [{ amount: 20_900 }, { amount: 22_001 }, { amount: 0 }, { customer_count_1h: 1 }, { customer_count_1h: 0 }, { currency: 'USD' }],
  },
  'foreign-online': {
    at: { country: 'NL', card_country: 'DE', channel: 'online', customer_country_count_30d: 0, customer_count_30d: 10 },
    reason: 'online payment in NL with a card of DE, the first within 30 days',
    quiet: [
      { country: 'DE' },
      { channel: 'chip' },
      { customer_country_count_30d: 1 },
      { customer_count_30d: 9 },
      { customer_count_30d: 0 },
    ],
    skips: ['country', 'card_country', 'channel'],
  },
  'mule-fan-in': {
    at: { payee_id: 'p1', customer_payee_count_30d: 0, payee_count_1d: 20 },
    reason: '20 payments reached this payee within a day, and this customer has not paid there before',
    quiet: [{ customer_payee_count_30d: 1 }, { payee_count_1d: 19 }, { payee_count_1d: 0 }],
    skips: ['payee_id'],
  },
  'watched-terminal': {
    at: { terminal_id: LISTED.watched_terminals },
    reason: `terminal ${LISTED.watched_terminals} is watched`,
    quiet: [{ terminal_id: 't1' }, { terminal_id: `${LISTED.watched_terminals}-void` }],
  },
  'watched-payee': {
    at: { payee_id: LISTED.watched_payees },
    reason: `payee ${LISTED.watched_payees} is watched`,
    quiet: [{ payee_id: 'p1' }, { payee_id: `${LISTED.watched_payees}-void` }],
    skips: ['payee_id'],
  },
};
