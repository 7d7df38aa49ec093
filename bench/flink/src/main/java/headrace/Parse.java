package headrace;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** Bytes of a line to a checked payment, by Jackson; checks what the usual handler checks. */
public class Parse extends RichFlatMapFunction<byte[], Payment> {
  private static final Pattern BYTE_QUAD = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
  private static final Set<String> CHANNELS = Set.of("pos", "ecom", "atm", "moto", "contactless");
  private transient ObjectReader reader;

  /** The members as they are on the wire. */
  public static class Wire {
    @JsonProperty("event_id") public String eventId;
    @JsonProperty("event_time") public String eventTime;
    @JsonProperty("card_id") public String cardId;
    @JsonProperty("merchant_id") public String merchantId;
    @JsonProperty("terminal_id") public String terminalId;
    @JsonProperty("device_id") public String deviceId;
    public String currency;
    public String country;
    public String mcc;
    public String channel;
    public String ip;
    public Double amount;
    public Double lat;
    public Double lon;
  }

  @Override
  public void open(OpenContext context) {
    reader = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false).readerFor(Wire.class);
  }

  @Override
  public void flatMap(byte[] line, Collector<Payment> out) {
    try {
      Wire wire = reader.readValue(line);
      if (isFine(wire)) {
        Payment payment = payment(wire);
        Outcome.seen(payment.timeMs);
        out.collect(payment);
        return;
      }
    } catch (Exception broken) {
      // Counted like those that are JSON and no payment.
    }
    Outcome.rejected += 1;
  }

  private static boolean isFine(Wire w) {
    return hasLength(w.eventId, 26, 26) && hasLength(w.cardId, 1, 32) && hasLength(w.merchantId, 1, 32)
        && hasLength(w.terminalId, 1, Integer.MAX_VALUE) && isIn(w.amount, 0, 1e9) && hasLength(w.currency, 3, 3)
        && hasLength(w.country, 2, 2) && hasLength(w.mcc, 4, 4) && isIn(w.lat, -90, 90) && isIn(w.lon, -180, 180)
        && w.channel != null && CHANNELS.contains(w.channel) && hasLength(w.deviceId, 1, Integer.MAX_VALUE)
        && w.ip != null && BYTE_QUAD.matcher(w.ip).matches();
  }

  private static boolean hasLength(String text, int least, int most) {
    return text != null && text.length() >= least && text.length() <= most;
  }

  private static boolean isIn(Double number, double least, double most) {
    return number != null && number >= least && number <= most;
  }

  private static Payment payment(Wire wire) {
    Payment payment = new Payment();
    payment.eventId = wire.eventId;
    payment.timeMs = Instant.parse(wire.eventTime).toEpochMilli();
    payment.cardId = wire.cardId;
    payment.merchantId = wire.merchantId;
    payment.terminalId = wire.terminalId;
    payment.currency = wire.currency;
    payment.country = wire.country;
    payment.mcc = wire.mcc;
    payment.channel = wire.channel;
    payment.deviceId = wire.deviceId;
    payment.ip = wire.ip;
    payment.amount = wire.amount;
    payment.lat = wire.lat;
    payment.lon = wire.lon;
    return payment;
  }
}
