package headrace;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;

/**
 * The work of the benchmark as a Flink job, one process, parallelism 1: Cards FILE EVENTS WARM_UP heap|rocksdb FOLDER. Lines come from
 * memory, as a client would hand them over; the CPU time is of what comes after the warm-up.
 */
public final class Cards {
  private static final long LATENESS_MS = 120_000;
  private static ByteBuffer bytes;
  private static int[] ends;
  private static long warmUp;
  private static volatile long warmCpuUs;

  private Cards() {}

  public static void main(String[] args) throws Exception {
    int events = Integer.parseInt(args[1]);
    warmUp = Long.parseLong(args[2]);
    load(Path.of(args[0]), (int) (events + warmUp));
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration(args[3], args[4]));
    environment.setParallelism(1);
    environment.setMaxParallelism(128);
    DataGeneratorSource<byte[]> source =
        new DataGeneratorSource<>(Cards::line, events + warmUp, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    DataStream<Payment> payments = environment.fromSource(source, WatermarkStrategy.noWatermarks(), "lines")
        .flatMap(new Parse()).returns(Types.POJO(Payment.class))
        .assignTimestampsAndWatermarks(WatermarkStrategy.<Payment>forBoundedOutOfOrderness(Duration.ofMillis(LATENESS_MS))
            .withTimestampAssigner((payment, before) -> payment.timeMs));
    window(payments, "merchant_1m", Duration.ofMinutes(1), payment -> payment.merchantId + "|" + payment.country);
    window(payments, "category_5m", Duration.ofMinutes(5), payment -> payment.country + "|" + payment.mcc + "|" + payment.channel);
    payments.keyBy(payment -> payment.cardId).process(new Judge()).returns(Types.POJO(Judge.Alert.class)).sinkTo(new DiscardingSink<>());
    environment.execute("cards");
    System.out.println(Outcome.json(events, Outcome.cpuUs() - warmCpuUs, LATENESS_MS));
    System.exit(0);
  }

  private static void window(DataStream<Payment> payments, String name, Duration size, KeySelector<Payment, String> key) {
    payments.keyBy(key, Types.STRING).window(TumblingEventTimeWindows.of(size)).aggregate(new Group.Add(), new Close(name))
        .returns(Types.POJO(Close.Closed.class)).name(name).sinkTo(new DiscardingSink<>());
  }

  private static Configuration configuration(String state, String folder) {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(CoreOptions.DEFAULT_PARALLELISM, 1);
    configuration.set(TaskManagerOptions.NUM_TASK_SLOTS, 1);
    configuration.set(StateBackendOptions.STATE_BACKEND, state.equals("rocksdb") ? "rocksdb" : "hashmap");
    if (state.equals("rocksdb")) {
      configuration.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
      configuration.setString("taskmanager.memory.managed.size", "1g");
      configuration.setString("state.backend.rocksdb.localdir", folder + "/rocksdb");
      configuration.setString("execution.checkpointing.interval", "10s");
      configuration.setString("execution.checkpointing.storage", "filesystem");
      configuration.setString("execution.checkpointing.dir", Path.of(folder, "checkpoints").toUri().toString());
    }
    return configuration;
  }

  private static void load(Path file, int lines) throws Exception {
    try (FileChannel channel = FileChannel.open(file)) {
      bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
    ends = new int[lines + 1];
    int found = 0;
    for (int at = 0; found < lines; at += 1) if (bytes.get(at) == '\n') ends[++found] = at + 1;
  }

  private static byte[] line(long index) {
    if (index == warmUp) warmCpuUs = Outcome.cpuUs();
    int from = ends[(int) index];
    byte[] line = new byte[ends[(int) index + 1] - from - 1];
    bytes.get(from, line);
    return line;
  }
}
