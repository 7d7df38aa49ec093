package headrace;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** What came out of the job, which runs in this process with one thread an operator. */
final class Outcome {
  static final List<Judge.Alert> alerts = Collections.synchronizedList(new ArrayList<>());
  static final List<Close.Closed> closed = Collections.synchronizedList(new ArrayList<>());
  static volatile long rejected;
  private static long latestMs;

  private Outcome() {}

  static void seen(long timeMs) {
    if (timeMs > latestMs) latestMs = timeMs;
  }

  /** CPU time of this process so far, all threads, µs. */
  static long cpuUs() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000;
    } catch (java.io.IOException fault) {
      throw new java.io.UncheckedIOException(fault);
    }
  }

  /** The outcome as the harness reads it. At the end of input Flink closes what the others leave open: that is left out. */
  static String json(long events, long cpuUs, long latenessMs) throws Exception {
    List<Close.Closed> due = closed.stream().filter(one -> one.endMs <= latestMs - latenessMs).toList();
    List<String> groups = due.stream()
        .map(one -> one.window + " " + one.startMs + " " + one.group + " " + one.count + " " + cents(one.sum) + " " + cents(one.min) + " " + cents(one.max))
        .toList();
    List<String> fired = alerts.stream().map(one -> one.rule + " " + one.eventId).toList();
    String exact = String.format("\"alerts\":%d,\"alerts_digest\":\"%s\",\"groups\":%d,\"groups_digest\":\"%s\"",
        fired.size(), digest(fired), groups.size(), digest(groups));
    String near = String.format(Locale.ROOT, "\"cards\":%f,\"p50\":%f,\"p95\":%f,\"p99\":%f",
        due.stream().mapToDouble(one -> one.cards).sum(), due.stream().mapToDouble(one -> one.p50).sum(),
        due.stream().mapToDouble(one -> one.p95).sum(), due.stream().mapToDouble(one -> one.p99).sum());
    return "{\"events\":" + events + ",\"cpuUs\":" + cpuUs + ",\"result\":{\"exact\":{" + exact + "},\"near\":{" + near + "}}}";
  }

  private static long cents(double amount) {
    return Math.round(amount * 100);
  }

  private static String digest(List<String> lines) throws Exception {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    for (String line : lines.stream().sorted().toList()) hash.update((line + "\n").getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash.digest()).substring(0, 16);
  }
}
