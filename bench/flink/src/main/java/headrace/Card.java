package headrace;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What is remembered of one card. */
public class Card {
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 3_600_000;
  private static final long MINUTE_TILE_MS = 5_000;
  private static final long LATENESS_MS = 120_000;
  private static final double EARTH_KM = 6_371.0088;

  public long[] times = new long[4];
  public double[] amounts = new double[4];
  public int from;
  public int to;
  public int seen;
  public double mean;
  public double squares;
  public long lastMs;
  public String lastId = "";
  public double lastLat;
  public double lastLon;
  public Set<String> devices = new HashSet<>(4);
  public Map<String, Integer> countries = new HashMap<>(4);

  /** What rules read of a payment. */
  public static class Facts {
    double amount;
    double sumHour;
    double speedKmh;
    double score;
    double leastHour;
    int inMinute;
    int inHour;
    int seen;
    boolean isNewDevice;
    boolean isAway;
    String merchantId;
    String mcc;
    String channel;
  }

  /** Facts of a payment from the earlier ones; tiles are aligned as the pipeline's definition has them. */
  Facts facts(Payment payment) {
    long hourTile = payment.timeMs - payment.timeMs % MINUTE_MS;
    long minuteTile = payment.timeMs - payment.timeMs % MINUTE_TILE_MS;
    while (from < to && times[from] < hourTile - HOUR_MS - LATENESS_MS - MINUTE_MS) from += 1;
    Facts facts = new Facts();
    for (int i = from; i < to; i += 1) {
      long at = times[i];
      if (at < hourTile - HOUR_MS || at >= hourTile + MINUTE_MS) continue;
      facts.inHour += 1;
      facts.sumHour += amounts[i];
      if (facts.leastHour == 0 || amounts[i] < facts.leastHour) facts.leastHour = amounts[i];
      if (at >= minuteTile - MINUTE_MS && at < minuteTile + MINUTE_TILE_MS) facts.inMinute += 1;
    }
    facts.inHour += 1;
    facts.inMinute += 1;
    facts.sumHour += payment.amount;
    double deviation = seen > 0 ? Math.sqrt(squares / seen) : 0;
    facts.score = deviation > 0 ? (payment.amount - mean) / deviation : 0;
    facts.speedKmh = seen > 0 ? speed(payment) : 0;
    facts.isNewDevice = !devices.isEmpty() && !devices.contains(payment.deviceId);
    facts.isAway = 2 * countries.getOrDefault(payment.country, 0) < seen;
    facts.amount = payment.amount;
    facts.seen = seen;
    facts.merchantId = payment.merchantId;
    facts.mcc = payment.mcc;
    facts.channel = payment.channel;
    return facts;
  }

  private double speed(Payment payment) {
    double north = Math.sin(Math.toRadians(payment.lat - lastLat) / 2);
    double east = Math.sin(Math.toRadians(payment.lon - lastLon) / 2);
    double chord = north * north + Math.cos(Math.toRadians(lastLat)) * Math.cos(Math.toRadians(payment.lat)) * east * east;
    double km = Math.round(2 * EARTH_KM * Math.asin(Math.sqrt(chord)) * 1_000) / 1_000.0;
    return km / (Math.max(Math.abs(payment.timeMs - lastMs), MINUTE_MS) / (double) HOUR_MS);
  }

  /** Makes a payment one of the earlier ones. */
  void remember(Payment payment) {
    makeRoom();
    times[to] = payment.timeMs;
    amounts[to] = payment.amount;
    to += 1;
    if (payment.timeMs > lastMs || (payment.timeMs == lastMs && payment.eventId.compareTo(lastId) > 0)) {
      lastMs = payment.timeMs;
      lastId = payment.eventId;
      lastLat = payment.lat;
      lastLon = payment.lon;
    }
    seen += 1;
    double difference = payment.amount - mean;
    mean += difference / seen;
    squares += difference * (payment.amount - mean);
    devices.add(payment.deviceId);
    countries.merge(payment.country, 1, Integer::sum);
  }

  private void makeRoom() {
    if (to < times.length) return;
    if (from > 0) {
      System.arraycopy(times, from, times, 0, to - from);
      System.arraycopy(amounts, from, amounts, 0, to - from);
      to -= from;
      from = 0;
    } else {
      times = Arrays.copyOf(times, to * 2);
      amounts = Arrays.copyOf(amounts, to * 2);
    }
  }
}
