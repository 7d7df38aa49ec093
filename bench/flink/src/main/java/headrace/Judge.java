package headrace;

import java.io.Serializable;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Judges the payments of each card by ten rules. */
public class Judge extends KeyedProcessFunction<String, Payment, Judge.Alert> {
  private static final Set<String> RISKY = Set.of("7995", "4829", "6011", "5944");
  private static final Set<String> LISTED = new HashSet<>();
  private static final Map<String, Rule> RULES = new LinkedHashMap<>();
  private transient ValueState<Card> cards;

  private interface Rule extends Predicate<Card.Facts>, Serializable {}

  static {
    for (int i = 0; i < 200; i += 1) LISTED.add(String.format("m_%06d", i * 97 + 13));
    RULES.put("burst", f -> f.inMinute > 5);
    RULES.put("busy-hour", f -> f.inHour > 30);
    RULES.put("spend-hour", f -> f.sumHour > 5_000);
    RULES.put("travel", f -> f.speedKmh > 900);
    RULES.put("unusual-amount", f -> f.seen >= 5 && f.score > 4);
    RULES.put("new-device", f -> f.isNewDevice && f.amount > 500);
    RULES.put("listed-merchant", f -> LISTED.contains(f.merchantId));
    RULES.put("risky-category", f -> RISKY.contains(f.mcc) && f.amount > 300);
    RULES.put("away-online", f -> f.isAway && f.channel.equals("ecom") && f.amount > 200);
    RULES.put("tried-out", f -> f.leastHour > 0 && f.leastHour < 2 && f.amount > 400);
  }

  /** One rule that fired for one payment. */
  public static class Alert {
    public String rule;
    public String eventId;
  }

  @Override
  public void open(OpenContext context) {
    cards = getRuntimeContext().getState(new ValueStateDescriptor<>("card", Types.POJO(Card.class)));
  }

  @Override
  public void processElement(Payment payment, Context context, Collector<Alert> out) throws Exception {
    Card card = cards.value();
    if (card == null) card = new Card();
    Card.Facts facts = card.facts(payment);
    card.remember(payment);
    cards.update(card);
    for (Map.Entry<String, Rule> rule : RULES.entrySet()) {
      if (!rule.getValue().test(facts)) continue;
      Alert alert = new Alert();
      alert.rule = rule.getKey();
      alert.eventId = payment.eventId;
      Outcome.alerts.add(alert);
      out.collect(alert);
    }
  }
}
