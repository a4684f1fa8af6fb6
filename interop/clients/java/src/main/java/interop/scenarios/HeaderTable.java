package interop.scenarios;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.LongString;
import interop.harness.Check;
import interop.harness.Context;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The scenario header-table: a header of every type that the client can send. It gives each a Java
 * class of its own, so that what comes back equal came back with its type.
 */
final class HeaderTable {
  private HeaderTable() {}

  static void run(Context t) throws Exception {
    t.note("the client cannot send headers of type B u i L");
    Map<String, Object> sent = samples();
    BasicProperties properties = new BasicProperties.Builder().headers(sent).build();
    Map<String, Object> received =
        Content.thereAndBack(t, Content.confirmed(t), properties, "x").getProps().getHeaders();
    Check.equal(received.keySet(), sent.keySet(), "keys");
    for (Map.Entry<String, Object> header : sent.entrySet()) {
      String key = header.getKey();
      Check.equal(comparable(received.get(key)), comparable(header.getValue()), key);
    }
  }

  /** Headers at their extremes, by RabbitMQ's letter for the type. */
  private static Map<String, Object> samples() {
    Map<String, Object> samples = new HashMap<>();
    samples.put("S", "text, Größe, 兎");
    samples.put("S empty", "");
    samples.put("x", new byte[] {0, 1, -2, -1});
    samples.put("t", true);
    samples.put("t false", false);
    samples.put("b", Byte.MIN_VALUE);
    samples.put("s", Short.MIN_VALUE);
    samples.put("I", Integer.MIN_VALUE);
    samples.put("l", Long.MIN_VALUE);
    samples.put("l max", Long.MAX_VALUE);
    samples.put("f", 1.5f);
    samples.put("d", Math.PI);
    samples.put("D", new BigDecimal("314.15"));
    samples.put("T", Date.from(Instant.ofEpochSecond(1_700_000_000)));
    samples.put("V", null);
    samples.put(
        "A",
        Arrays.asList("in a list", (short) -300, null, List.of("inner"), Map.of("deep", true)));
    samples.put("F", Map.of("float", -0.25f, "list", List.of(1, 2L)));
    samples.put("F empty", Map.of());
    return samples;
  }

  /** The same with texts as String, whatever class the client has for them, and arrays wrapped. */
  private static Object comparable(Object value) {
    if (value instanceof LongString text) {
      return text.toString();
    }
    if (value instanceof byte[] octets) {
      return ByteBuffer.wrap(octets);
    }
    if (value instanceof List<?> list) {
      List<Object> copy = new ArrayList<>();
      list.forEach(item -> copy.add(comparable(item)));
      return copy;
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new HashMap<>();
      map.forEach((key, item) -> copy.put(key, comparable(item)));
      return copy;
    }
    return value;
  }
}
