package headrace;

import com.datadoghq.sketch.ddsketch.DDSketch;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Emits a closed group. */
public class Close extends ProcessWindowFunction<Group, Close.Closed, String, TimeWindow> {
  private final String window;

  Close(String window) { this.window = window; }

  /** One group of one closed window. */
  public static class Closed {
    public String window;
    public String group;
    public long startMs;
    public long endMs;
    public long count;
    public double sum;
    public double min;
    public double max;
    public double cards;
    public double p50;
    public double p95;
    public double p99;
  }

  @Override
  public void process(String key, Context context, Iterable<Group> groups, Collector<Closed> out) {
    Group group = groups.iterator().next();
    Closed closed = new Closed();
    closed.window = window;
    closed.group = key;
    closed.startMs = context.window().getStart();
    closed.endMs = context.window().getEnd();
    closed.count = group.count;
    closed.sum = group.sum;
    closed.min = group.min;
    closed.max = group.max;
    closed.cards = group.cards.getEstimate();
    closed.p50 = quantile(group.amounts, 0.5, group.count);
    closed.p95 = quantile(group.amounts, 0.95, group.count);
    closed.p99 = quantile(group.amounts, 0.99, group.count);
    Outcome.closed.add(closed);
    out.collect(closed);
  }

  /** The sketch counts ranks from 0 to count - 1; asked so that it answers with the nearest rank as SQL defines it. */
  private static double quantile(DDSketch amounts, double share, long count) {
    double at = count == 1 ? share : Math.min(1, (Math.ceil(share * count) - 1 + 1e-9) / (count - 1));
    return amounts.getValueAtQuantile(at);
  }
}
