package interop.scenarios;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Scenario;
import java.util.List;
import java.util.Map;

/** Scenarios of each exchange type: declare, bind, publish, look which queue got what. */
final class Routing {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "exchange-direct", Routing::direct,
          "exchange-fanout", Routing::fanout,
          "exchange-topic", Routing::topic,
          "exchange-headers", Routing::headers,
          "exchange-to-exchange", Routing::exchangeToExchange);

  private static final List<String> TOPIC_KEYS =
      List.of("stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", "");
  private static final Map<String, List<String>> TOPICS =
      Map.of(
          "stock.*.nyse", List.of("stock.usd.nyse"),
          "stock.#", List.of("stock.usd.nyse", "stock", "stock.usd"),
          "#", TOPIC_KEYS,
          "*.orange.*", List.of("quick.orange.rabbit"),
          "*", List.of("stock"),
          "a.*.b", List.of("a..b"),
          "#.usd.#", List.of("stock.usd.nyse", "stock.usd"));

  private Routing() {}

  /** An exchange on a confirm channel: after a publish the message is in its queues. */
  private record Setting(Channel channel, String name) {
    static Setting make(Context t, BuiltinExchangeType type) throws Exception {
      Setting setting = new Setting(Link.confirmChannel(Link.connect(t)), t.name);
      setting.declareExchange(t.name, type);
      return setting;
    }

    void declareExchange(String exchange, BuiltinExchangeType type) throws Exception {
      channel.exchangeDeclare(exchange, type, false, true, null);
    }

    String queue(String suffix) throws Exception {
      String queue = name + "." + suffix;
      Link.declare(channel, queue);
      return queue;
    }

    void bind(String queue, String key) throws Exception {
      channel.queueBind(queue, name, key);
    }

    /** Publishes each key with itself as the body. */
    void send(List<String> keys) throws Exception {
      for (String key : keys) {
        Link.publish(channel, name, key, key);
      }
    }

    void expect(String queue, List<String> expected) throws Exception {
      Check.equal(Link.getAll(channel, queue), expected, queue);
    }
  }

  private static void direct(Context t) throws Exception {
    Setting s = Setting.make(t, BuiltinExchangeType.DIRECT);
    String red = s.queue("red");
    String both = s.queue("both");
    s.bind(red, "red");
    s.bind(both, "red");
    s.bind(both, "blue");
    s.send(List.of("red", "blue", "redder"));
    s.expect(red, List.of("red"));
    s.expect(both, List.of("red", "blue"));
    s.channel.queueUnbind(both, s.name, "red");
    s.send(List.of("red", "blue"));
    s.expect(both, List.of("blue"));
  }

  private static void fanout(Context t) throws Exception {
    Setting s = Setting.make(t, BuiltinExchangeType.FANOUT);
    List<String> queues = List.of(s.queue("0"), s.queue("1"), s.queue("2"));
    for (String queue : queues) {
      s.bind(queue, "ignored");
    }
    s.send(List.of("any", ""));
    for (String queue : queues) {
      s.expect(queue, List.of("any", ""));
    }
  }

  private static void topic(Context t) throws Exception {
    Setting s = Setting.make(t, BuiltinExchangeType.TOPIC);
    for (String pattern : TOPICS.keySet()) {
      s.bind(s.queue(pattern), pattern);
    }
    s.send(TOPIC_KEYS);
    for (Map.Entry<String, List<String>> topic : TOPICS.entrySet()) {
      s.expect(t.name + "." + topic.getKey(), topic.getValue());
    }
  }

  private static void headers(Context t) throws Exception {
    Setting s = Setting.make(t, BuiltinExchangeType.HEADERS);
    String every = s.queue("all");
    String some = s.queue("any");
    s.channel.queueBind(
        every, s.name, "", Map.of("x-match", "all", "format", "pdf", "kind", "report"));
    s.channel.queueBind(
        some, s.name, "", Map.of("x-match", "any", "format", "pdf", "kind", "report"));
    sendWithHeaders(s, "both", Map.of("format", "pdf", "kind", "report"));
    sendWithHeaders(s, "one", Map.of("format", "pdf", "kind", "log"));
    sendWithHeaders(s, "other", Map.of("format", "zip"));
    Link.publish(s.channel, s.name, "", "bare");
    s.expect(every, List.of("both"));
    s.expect(some, List.of("both", "one"));
  }

  private static void sendWithHeaders(Setting s, String body, Map<String, Object> headers)
      throws Exception {
    BasicProperties properties = new BasicProperties.Builder().headers(headers).build();
    Link.publish(s.channel, s.name, "", properties, Link.bytes(body));
  }

  private static void exchangeToExchange(Context t) throws Exception {
    Setting s = Setting.make(t, BuiltinExchangeType.TOPIC);
    String inner = t.name + ".fanout";
    String target = s.queue("target");
    s.declareExchange(inner, BuiltinExchangeType.FANOUT);
    s.channel.exchangeBind(inner, s.name, "log.#");
    s.channel.queueBind(target, inner, "");
    // A second way to the same queue must not give a second copy.
    s.bind(target, "log.error");
    s.send(List.of("log.error", "log.info", "other"));
    s.expect(target, List.of("log.error", "log.info"));
  }
}
