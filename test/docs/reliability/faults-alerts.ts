import { type CataloguedFault, cite } from './fault.ts';

const ALERTS = 'functions/deliver-alerts/handler.test.ts';
const NO_SAGA = 'Headrace decides and tells; it freezes no card, so there is nothing to undo';
const APPROVAL = 'local/workflow/approval.test.ts';

/** Alerts, and what would act on them. */
export const ALERT_FAULTS: readonly CataloguedFault[] = [
  {
    number: 59,
    fault: 'An alert is sent twice.',
    outcome:
      'Its id is made of rule, key and event, and it is kept once. Subscribers may hear of it again in the same message, never in another: what becomes of it is decided once.',
    shown: {
      tests: [
        cite('core/rules/alert-id.test.ts', 'alert ids > are equal exactly when rule, key and event are'),
        cite(
          'functions/process-stream/outbox.test.ts',
          'a batch that fails at any one call and comes again has every alert put once, and none that the lake lacks',
        ),
        cite(
          'functions/deliver-alerts/cases.test.ts',
          'whatever crashes, repeats and overlaps, %s: each alert meets one fate, none is lost, and the counts balance',
        ),
      ],
      simulated: ['crash-after', 'redeliver', 'lose', 'stall'],
      mutants: ['alert id from a time', 'rows before profiles decide', 'an alert decided again when it is repeated'],
    },
  },
  {
    number: 60,
    fault: 'A subscriber of alerts is down.',
    outcome:
      'After five failures it is left alone for a while; its alerts are parked for thirty days and go out when it is back. Neither the stream nor the other subscriber waits.',
    shown: {
      tests: [
        cite(ALERTS, 'a subscriber that is down > keeps neither the batch nor the other one waiting, and has its alerts parked'),
        cite(ALERTS, 'whatever flaps, repeats and crashes: every subscriber has every alert in the end'),
        cite('infra/watching.test.ts', 'in the size %s > there is an alarm when %s', 'a circuit is open'),
      ],
      simulated: ['subscriber', 'part', 'crash'],
      mutants: ['alerts told before they are kept'],
    },
  },
  {
    number: 61,
    fault: 'A later step fails after a card was frozen.',
    outcome: 'Nothing acts on alerts inside Headrace.',
    shown: { outOfModel: NO_SAGA },
  },
  {
    number: 62,
    fault: 'An approval is lost, late or used twice.',
    outcome:
      'A backfill that waits for an approval publishes nothing until one is given, however late; without one in time it ends. The first word counts: a second answer is refused.',
    shown: {
      tests: [
        cite(APPROVAL, 'approval > given long after it was asked for lets the backfill publish'),
        cite(APPROVAL, 'approval > that nobody gives in time publishes nothing, and is worth nothing afterwards'),
        cite(APPROVAL, 'approval > can be used once: a second answer is refused, whatever it says'),
        cite(APPROVAL, 'approval > of a question that failed on its way counts no more: asking again has a token of its own'),
      ],
    },
  },
];
