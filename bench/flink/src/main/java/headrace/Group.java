package headrace;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.DDSketches;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.datadoghq.sketch.ddsketch.store.UnboundedSizeDenseStore;
import java.io.IOException;
import java.lang.reflect.Type;
import java.util.Map;
import org.apache.datasketches.hll.HllSketch;
import org.apache.datasketches.hll.TgtHllType;
import org.apache.datasketches.memory.Memory;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInfoFactory;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** What a window holds of one group: exact sums, and the sketches of the usual libraries. */
@TypeInfo(Group.Factory.class)
public class Group {
  long count;
  double sum;
  double min = Double.POSITIVE_INFINITY;
  double max = Double.NEGATIVE_INFINITY;
  HllSketch cards = new HllSketch(11, TgtHllType.HLL_8);
  DDSketch amounts = DDSketches.unboundedDense(0.01);

  /** Adds payments to groups. */
  public static class Add implements AggregateFunction<Payment, Group, Group> {
    @Override public Group createAccumulator() { return new Group(); }
    @Override public Group getResult(Group group) { return group; }
    @Override public Group merge(Group a, Group b) { throw new UnsupportedOperationException("tumbling windows are not merged"); }

    @Override
    public Group add(Payment payment, Group group) {
      group.count += 1;
      group.sum += payment.amount;
      group.min = Math.min(group.min, payment.amount);
      group.max = Math.max(group.max, payment.amount);
      group.cards.update(payment.cardId);
      group.amounts.accept(payment.amount);
      return group;
    }
  }

  /** Has Flink use the serializer below: the general one would be many times slower. */
  public static class Factory extends TypeInfoFactory<Group> {
    @Override public TypeInformation<Group> createTypeInfo(Type type, Map<String, TypeInformation<?>> parameters) { return new Info(); }
  }

  /** Names the serializer. */
  public static class Info extends TypeInformation<Group> {
    @Override public boolean isBasicType() { return false; }
    @Override public boolean isTupleType() { return false; }
    @Override public int getArity() { return 1; }
    @Override public int getTotalFields() { return 1; }
    @Override public Class<Group> getTypeClass() { return Group.class; }
    @Override public boolean isKeyType() { return false; }
    @Override public TypeSerializer<Group> createSerializer(SerializerConfig config) { return Bytes.INSTANCE; }
    @Override public String toString() { return "Group"; }
    @Override public boolean equals(Object other) { return other instanceof Info; }
    @Override public int hashCode() { return Info.class.hashCode(); }
    @Override public boolean canEqual(Object other) { return other instanceof Info; }
  }

  /** Sketches in the compact forms of their own libraries. */
  public static class Bytes extends TypeSerializerSingleton<Group> {
    static final Bytes INSTANCE = new Bytes();

    @Override public boolean isImmutableType() { return false; }
    @Override public Group createInstance() { return new Group(); }
    @Override public int getLength() { return -1; }
    @Override public Group copy(Group from, Group reuse) { return copy(from); }

    @Override
    public Group copy(Group from) {
      Group to = new Group();
      to.count = from.count;
      to.sum = from.sum;
      to.min = from.min;
      to.max = from.max;
      to.cards = from.cards.copy();
      to.amounts = from.amounts.copy();
      return to;
    }

    @Override
    public void serialize(Group group, DataOutputView out) throws IOException {
      out.writeLong(group.count);
      out.writeDouble(group.sum);
      out.writeDouble(group.min);
      out.writeDouble(group.max);
      byte[] cards = group.cards.toCompactByteArray();
      out.writeInt(cards.length);
      out.write(cards);
      GrowingByteArrayOutput amounts = GrowingByteArrayOutput.withDefaultInitialCapacity();
      group.amounts.encode(amounts, false);
      out.writeInt(amounts.numWrittenBytes());
      out.write(amounts.backingArray(), 0, amounts.numWrittenBytes());
    }

    @Override
    public Group deserialize(DataInputView in) throws IOException {
      Group group = new Group();
      group.count = in.readLong();
      group.sum = in.readDouble();
      group.min = in.readDouble();
      group.max = in.readDouble();
      group.cards = HllSketch.heapify(Memory.wrap(bytes(in)));
      group.amounts = DDSketch.decode(ByteArrayInput.wrap(bytes(in)), UnboundedSizeDenseStore::new);
      return group;
    }

    private static byte[] bytes(DataInputView in) throws IOException {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return bytes;
    }

    @Override public Group deserialize(Group reuse, DataInputView in) throws IOException { return deserialize(in); }
    @Override public void copy(DataInputView in, DataOutputView out) throws IOException { serialize(deserialize(in), out); }
    @Override public TypeSerializerSnapshot<Group> snapshotConfiguration() { return new Snapshot(); }

    /** The form has one version. */
    public static class Snapshot extends SimpleTypeSerializerSnapshot<Group> {
      public Snapshot() { super(() -> INSTANCE); }
    }
  }
}
