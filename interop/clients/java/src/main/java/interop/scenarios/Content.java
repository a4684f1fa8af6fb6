package interop.scenarios;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.impl.LongStringHelper;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Scenario;
import java.net.URI;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Scenarios of what a message carries: sizes, Unicode, properties; headers are in HeaderTable. */
final class Content {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "body-empty", Content::bodyEmpty,
          "body-10mib", Content::bodyTenMebibytes,
          "unicode", Content::unicode,
          "header-table", HeaderTable::run,
          "properties-all", Content::propertiesAll,
          "priorities-timestamps", Content::prioritiesTimestamps);

  private static final int TEN_MIB = 10 * 1024 * 1024;

  private Content() {}

  /** A confirm channel, with an exclusive queue named as the scenario. */
  static Channel confirmed(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    Link.declare(channel, t.name);
    return channel;
  }

  /** Publishes into the scenario's queue and gets it back. */
  static GetResponse thereAndBack(
      Context t, Channel channel, BasicProperties properties, String body) throws Exception {
    Link.publish(channel, "", t.name, properties, Link.bytes(body));
    return Link.get(channel, t.name);
  }

  private static void bodyEmpty(Context t) throws Exception {
    BasicProperties properties = new BasicProperties.Builder().type("empty").build();
    GetResponse message = thereAndBack(t, confirmed(t), properties, "");
    Check.equal(message.getBody().length, 0, "octets");
    Check.equal(message.getProps().getType(), "empty", "type");
  }

  private static void bodyTenMebibytes(Context t) throws Exception {
    Channel channel = confirmed(t);
    byte[] body = new byte[TEN_MIB];
    new Random().nextBytes(body);
    Link.publish(channel, "", t.name, Link.PLAIN, body);
    Delivery message = Link.consume(channel, t.name, true).next("delivery");
    Check.equal(message.getBody().length, TEN_MIB, "octets");
    Check.that(Arrays.equals(message.getBody(), body), "the bytes differ");
  }

  private static void unicode(Context t) throws Exception {
    Channel channel = confirmed(t);
    String exchange = t.name + ".交換機.обмен";
    String queue = t.name + ".очередь.队列.🐇";
    String key = "ключ.🐇.größe";
    String text = "Grüße, 兎 and 🐇, e\u0301";
    channel.exchangeDeclare(exchange, BuiltinExchangeType.TOPIC, false, true, null);
    Link.declare(channel, queue);
    channel.queueBind(queue, exchange, "ключ.*.größe");
    BasicProperties properties =
        new BasicProperties.Builder().headers(Map.of("ключ", text)).build();
    Link.publish(channel, exchange, key, properties, Link.bytes(text));
    GetResponse message = Link.get(channel, queue);
    Check.equal(message.getEnvelope().getExchange(), exchange, "exchange");
    Check.equal(message.getEnvelope().getRoutingKey(), key, "routing key");
    Check.equal(Link.text(message.getBody()), text, "body");
    Map<String, Object> headers = message.getProps().getHeaders();
    Check.equal(headers, Map.of("ключ", LongStringHelper.asLongString(text)), "headers");
  }

  private static void propertiesAll(Context t) throws Exception {
    String user = new URI(t.url).getUserInfo().split(":")[0];
    BasicProperties sent =
        new BasicProperties.Builder()
            .contentType("application/octet-stream")
            .contentEncoding("identity")
            .headers(Map.of("key", LongStringHelper.asLongString("value")))
            .deliveryMode(2)
            .priority(9)
            .correlationId("correlation-1")
            .replyTo("reply.queue")
            .expiration("3600000")
            .messageId("message-1")
            .timestamp(Date.from(Instant.ofEpochSecond(1_700_000_000)))
            .type("type-1")
            .userId(user)
            .appId("app-1")
            .clusterId("cluster-1")
            .build();
    Check.equal(thereAndBack(t, confirmed(t), sent, "x").getProps(), sent, "properties");
  }

  private static void prioritiesTimestamps(Context t) throws Exception {
    Channel channel = confirmed(t);
    for (int priority : List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255)) {
      BasicProperties sent = new BasicProperties.Builder().priority(priority).build();
      Check.equal(thereAndBack(t, channel, sent, "x").getProps(), sent, "properties");
    }
    for (long seconds : List.of(0L, 1L, 1_000_000_000L, 2_147_483_648L, 4_102_444_800L)) {
      Date moment = Date.from(Instant.ofEpochSecond(seconds));
      BasicProperties sent = new BasicProperties.Builder().timestamp(moment).build();
      Check.equal(thereAndBack(t, channel, sent, "x").getProps(), sent, "properties");
    }
  }
}
