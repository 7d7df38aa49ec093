import type { BacktestOptions, BacktestSummary } from './summary.ts';

/** With fewer frauds one more or less moves every figure by more than models differ. */
const FRAUDS_MIN = 30;
const DAY_MS = 86_400_000;

/** What a reader must know of the figures, one sentence or two each. */
export function notesOf(
  summary: Omit<BacktestSummary, 'notes'>,
  { firstMs, options }: { readonly firstMs: number | undefined; readonly options: BacktestOptions },
): string[] {
  const { transactions, frauds, legit, unlabelled, simulated } = summary;
  const notes = simulated ? ['The data is simulated: no figure says how the rules would do on real payments.'] : [];
  if (transactions === 0)
    return [...notes, 'No transaction is left to judge in the range: every figure that needs one is null. Choose a range with data.'];
  notes.push(...labelNotes(transactions, frauds + legit, unlabelled));
  if (frauds + legit > 0) notes.push(...fraudNotes(frauds, legit), ...scoreNotes(summary));
  return [...notes, ...cardNotes(summary), ...historyNotes(firstMs, options)];
}

function labelNotes(transactions: number, labelled: number, unlabelled: number): string[] {
  if (labelled === 0)
    return [
      `None of the ${transactions} transactions has a label: every figure that needs the truth is null. Labels may still be on their way.`,
    ];
  if (unlabelled === 0) return [];
  return [
    `${unlabelled} of ${transactions} transactions have no label: they count as alerts and in the money, and are left out of all figures that need the truth.`,
  ];
}

function fraudNotes(frauds: number, legit: number): string[] {
  if (frauds === 0) return ['No transaction is labelled as fraud: AUC, average precision, recall and card precision are null.'];
  if (legit === 0)
    return [
      'No transaction is labelled as legitimate: AUC and average precision are null. Where labels come for frauds only, what has none must be taken as legitimate first.',
    ];
  if (frauds >= FRAUDS_MIN) return [];
  return [
    `Only ${frauds} transactions are labelled as fraud, fewer than ${FRAUDS_MIN}: the figures are right for these and say little of others.`,
  ];
}

function scoreNotes({ thresholds, legit, frauds, standard_error }: Omit<BacktestSummary, 'notes'>): string[] {
  const scores = thresholds.filter((row, i) => row.frauds + row.legit > (thresholds[i - 1]?.frauds ?? 0) + (thresholds[i - 1]?.legit ?? 0));
  const notes =
    scores.length === 1
      ? [
          `All labelled transactions have the score ${scores[0]?.score}: nothing is ranked, AUC is 0.5 and average precision the share of frauds.`,
        ]
      : [];
  if (standard_error.auc !== null || frauds === 0 || legit === 0) return notes;
  return [...notes, 'The frauds are on too few cards for a standard error: it is null.'];
}

function cardNotes({ card_precision, removed_transactions, removed_cards }: Omit<BacktestSummary, 'notes'>): string[] {
  const tied = card_precision.filter(({ tie_breaks }) => tie_breaks > 0);
  const notes = tied.map(
    ({ k, tie_breaks }) => `Cards tie for the last of ${k} places: card precision is the mean over ${tie_breaks} seeded tie-breaks.`,
  );
  if (removed_transactions === 0) return notes;
  return [...notes, `${removed_transactions} transactions of ${removed_cards} cards already known as compromised are left out.`];
}

function historyNotes(
  firstMs: number | undefined,
  { fromMs, labelDelayDays, knownDays, earlierFrauds, keepCompromised }: BacktestOptions,
): string[] {
  if (keepCompromised === true) return ['Cards already known as compromised are judged as all others.'];
  const wanted = (Math.floor(fromMs / DAY_MS) - labelDelayDays - knownDays + 1) * DAY_MS;
  if (earlierFrauds !== undefined || firstMs === undefined || firstMs < wanted) return [];
  return [
    `The rows do not go back ${labelDelayDays + knownDays} days before the range: cards compromised before are not known, and not left out.`,
  ];
}
