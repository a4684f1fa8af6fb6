package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import interop.harness.Scenario;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
 * together, dead letters that wait.
 */
final class Extensions {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "filter", Extensions::filter,
          "group-key", Extensions::groupKey,
          "dead-letter-at-least-once", Extensions::deadLetterAtLeastOnce);

  private static final String EXCHANGE = "amq.direct";

  private Extensions() {}

  /** A consumer, and what comes to it. */
  private record Consumer(Channel channel, String tag, Inbox<Delivery> inbox) {
    static Consumer start(Channel channel, String queue, Map<String, Object> arguments)
        throws Exception {
      Inbox<Delivery> inbox = new Inbox<>();
      String tag =
          channel.basicConsume(
              queue,
              false,
              arguments,
              (consumer, delivery) -> inbox.add(delivery),
              (String cancelled) -> {
                // That nothing comes any more is seen by whoever waits for it.
              });
      return new Consumer(channel, tag, inbox);
    }

    /** Waits for the next messages. */
    List<Delivery> expect(String... expected) throws Exception {
      List<Delivery> messages = Link.take(inbox, expected.length);
      Check.equal(Link.bodies(messages), List.of(expected), "bodies");
      return messages;
    }

    void ack(List<Delivery> messages) throws Exception {
      for (Delivery message : messages) {
        Link.ack(channel, message);
      }
    }

    void cancel() throws Exception {
      channel.basicCancel(tag);
    }
  }

  /** Consumes what a selector is true of. */
  private static Consumer consumeIf(Channel channel, String queue, String selector)
      throws Exception {
    return Consumer.start(channel, queue, Map.of("x-filter", selector));
  }

  private static BasicProperties headers(Map<String, Object> headers) {
    return new BasicProperties.Builder().headers(headers).build();
  }

  private static BasicProperties coloured(String colour, int size) {
    return headers(Map.of("colour", colour, "size", size));
  }

  private static void put(
      Channel channel, String exchange, String key, BasicProperties properties, String body)
      throws Exception {
    Link.publish(channel, exchange, key, properties, Link.bytes(body));
  }

  private static void filter(Context t) throws Exception {
    Connection connection = Link.connect(t);
    Channel publisher = Link.confirmChannel(connection);
    Link.declare(publisher, t.name);
    put(publisher, "", t.name, coloured("red", 5), "big red");
    put(publisher, "", t.name, coloured("red", 3), "small red");
    put(publisher, "", t.name, coloured("blue", 9), "big blue");
    BasicProperties named = new BasicProperties.Builder().messageId("order-7").build();
    put(publisher, "", t.name, named, "named");
    put(publisher, "", t.name, coloured("red", 70_000), "bigger red");
    Consumer reds =
        consumeIf(connection.createChannel(), t.name, "colour = 'red' AND size > 3");
    reds.ack(reds.expect("big red", "bigger red"));
    Consumer orders =
        consumeIf(connection.createChannel(), t.name, "p.message_id LIKE 'order-%'");
    orders.ack(orders.expect("named"));
    put(publisher, "", t.name, coloured("red", 4), "last red");
    reds.ack(reds.expect("last red"));
    reds.cancel();
    orders.cancel();
    Consumer others = Consumer.start(connection.createChannel(), t.name, Map.of());
    others.expect("small red", "big blue");
    Channel refused = connection.createChannel();
    String invalid = "{invalid_filter,\"no end of the quote at 10\"}";
    Refusal.of(() -> consumeIf(refused, t.name, "colour = 'red"))
        .expect(
            AMQP.PRECONDITION_FAILED,
            "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '"
                + (t.name + "' in vhost '/': " + invalid));
  }

  private static void groupKey(Context t) throws Exception {
    groups(t, "routing-key", name -> name.substring(0, 1), name -> Link.PLAIN);
    groups(t, "customer", name -> "a", name -> headers(Map.of("customer", name.substring(0, 1))));
  }

  /**
   * Two consumers, of no more than two messages each at a time. A message's key is the first letter
   * of its name, told by the end of its routing key or by its headers.
   */
  private static void groups(
      Context t,
      String argument,
      Function<String, String> key,
      Function<String, BasicProperties> properties)
      throws Exception {
    Connection connection = Link.connect(t);
    Channel publisher = Link.confirmChannel(connection);
    String queue = t.name + "." + argument;
    publisher.queueDeclare(queue, false, true, false, Map.of("x-group-key", argument));
    publisher.queueBind(queue, EXCHANGE, queue + ".a");
    publisher.queueBind(queue, EXCHANGE, queue + ".b");
    for (String name : List.of("a1", "a2", "a3", "b1", "b2", "b3")) {
      put(publisher, EXCHANGE, queue + "." + key.apply(name), properties.apply(name), name);
    }
    Consumer first = Consumer.start(withPrefetch(connection, 2), queue, Map.of());
    List<Delivery> held = first.expect("a1", "a2");
    Consumer second = Consumer.start(withPrefetch(connection, 2), queue, Map.of());
    second.ack(second.expect("b1", "b2"));
    second.ack(second.expect("b3"));
    // The second one has nothing to do, and yet it gets none of the key that the first one has.
    Check.equal(second.channel.messageCount(queue), 1L, "ready");
    first.ack(held.subList(0, 1));
    List<Delivery> last = first.expect("a3");
    first.ack(held.subList(1, 2));
    first.ack(last);
    Check.equal(second.inbox.size(), 0, "messages of the first one's key");
    first.cancel();
    put(publisher, EXCHANGE, queue + "." + key.apply("a4"), properties.apply("a4"), "a4");
    second.expect("a4");
  }

  private static Channel withPrefetch(Connection connection, int count) throws Exception {
    Channel channel = connection.createChannel();
    channel.basicQos(count);
    return channel;
  }

  private static void deadLetterAtLeastOnce(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    String target = t.name + ".dead";
    String key = t.name + ".key";
    Map<String, Object> arguments =
        Map.of(
            "x-queue-type", "quorum",
            "x-overflow", "reject-publish",
            "x-dead-letter-strategy", "at-least-once",
            "x-dead-letter-exchange", EXCHANGE,
            "x-dead-letter-routing-key", key);
    channel.queueDeclare(t.name, true, false, false, arguments);
    t.after(() -> channel.queueDelete(t.name));
    Link.publish(channel, "", t.name, "refused");
    Consumer living = Consumer.start(channel, t.name, Map.of());
    Delivery letter = living.expect("refused").get(0);
    channel.basicReject(letter.getEnvelope().getDeliveryTag(), false);
    // When this is answered, the letter has found no queue.
    Link.declare(channel, target);
    channel.queueBind(target, EXCHANGE, key);
    Delivery dead = Consumer.start(channel, target, Map.of()).expect("refused").get(0);
    List<?> deaths = (List<?>) dead.getProperties().getHeaders().get("x-death");
    Map<?, ?> death = (Map<?, ?>) deaths.get(0);
    Check.equal(String.valueOf(death.get("reason")), "rejected", "reason");
  }
}
