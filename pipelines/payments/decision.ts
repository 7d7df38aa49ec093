import type { DecisionSpec } from '../../core/definition/pipeline.ts';

/**
 * How points of rules become an outcome. A typology declines earlier than the sum of all rules does: two rules that see the same kind of
 * fraud say more than two that see different ones.
 */
export const decision: DecisionSpec = {
  over: 'transaction',
  reviewPoints: 40,
  declinePoints: 100,
  labels: {
    ...{ over: 'label', subject: 'transaction_id', subjectTime: 'transaction_time', fraud: 'fraud' },
    explained: {
      when: 'event.amount_minor > 20000 || features.customer_ratio_30d >= 2.5 || features.customer_ratio_max_14d >= 3.0',
      rememberMs: 15 * 86_400_000,
    },
  },
  typologies: {
    card_testing: { description: 'Card numbers are tried out, then used.', reviewPoints: 40, declinePoints: 80 },
    account_takeover: {
      description: 'Somebody else pays from the account, or the customer was talked into it.',
      reviewPoints: 40,
      declinePoints: 80,
    },
    stolen_card: { description: 'A lost, stolen or copied card is used.', reviewPoints: 40, declinePoints: 80 },
    compromise: { description: 'A terminal or merchant leaks the cards that are used there.', reviewPoints: 40, declinePoints: 80 },
    money_mule: { description: 'An account collects stolen money.', reviewPoints: 40, declinePoints: 100 },
  },
};
