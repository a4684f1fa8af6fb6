package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The client's calls that most scenarios need. */
final class Link {
  static final BasicProperties PLAIN = new BasicProperties();
  private static final int CLOSE_LIMIT_MS = 2_000;
  private static final int CONFIRM_LIMIT_MS = 10_000;

  private Link() {}

  static ConnectionFactory factory(String url) throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(url);
    // Recovery, which is on by default, is for the scenarios that are about it.
    factory.setAutomaticRecoveryEnabled(false);
    return factory;
  }

  /** A connection that is closed after the scenario. */
  static Connection connect(Context t) throws Exception {
    return connect(t, factory(t.url));
  }

  static Connection connect(Context t, ConnectionFactory factory) throws Exception {
    Connection connection = factory.newConnection();
    // Closes it, or ends its recovery, and makes nothing of one that is lost.
    t.after(() -> connection.abort(CLOSE_LIMIT_MS));
    return connection;
  }

  static Channel confirmChannel(Connection connection) throws Exception {
    Channel channel = connection.createChannel();
    channel.confirmSelect();
    return channel;
  }

  /** Declares an exclusive queue. */
  static void declare(Channel channel, String name) throws Exception {
    AMQP.Queue.DeclareOk ok = channel.queueDeclare(name, false, true, false, null);
    Check.equal(ok.getQueue(), name, "name of the queue");
  }

  /** Declares a queue that other connections use too, and that a killed broker forgets. */
  static void declareShared(Channel channel, String name) throws Exception {
    channel.queueDeclare(name, false, false, false, null);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Publishes on a confirm channel; after that the message is in its queues. */
  static void publish(
      Channel channel, String exchange, String key, BasicProperties properties, byte[] body)
      throws Exception {
    channel.basicPublish(exchange, key, properties, body);
    channel.waitForConfirmsOrDie(CONFIRM_LIMIT_MS);
  }

  static void publish(Channel channel, String exchange, String key, String body)
      throws Exception {
    publish(channel, exchange, key, PLAIN, bytes(body));
  }

  /** Waits until all publishes of a confirm channel are confirmed. */
  static void confirmed(Channel channel) throws Exception {
    channel.waitForConfirmsOrDie(CONFIRM_LIMIT_MS);
  }

  /** Takes one message, which has to be there, without ack. */
  static GetResponse get(Channel channel, String queue) throws Exception {
    GetResponse message = channel.basicGet(queue, true);
    Check.that(message != null, "nothing in " + queue);
    return message;
  }

  /** Takes all that is in a queue. */
  static List<String> getAll(Channel channel, String queue) throws Exception {
    List<String> bodies = new ArrayList<>();
    GetResponse message = channel.basicGet(queue, true);
    while (message != null) {
      bodies.add(text(message.getBody()));
      message = channel.basicGet(queue, true);
    }
    return bodies;
  }

  static Inbox<Delivery> consume(Channel channel, String queue, boolean autoAck)
      throws Exception {
    Inbox<Delivery> inbox = new Inbox<>();
    channel.basicConsume(
        queue, autoAck, (tag, delivery) -> inbox.add(delivery), (String cancelled) -> {
          // That nothing comes any more is seen by whoever waits for it.
        });
    return inbox;
  }

  /** Waits for some messages of a consumer. */
  static List<Delivery> take(Inbox<Delivery> inbox, int count) throws InterruptedException {
    return inbox.take(count, "deliveries");
  }

  static List<String> bodies(List<Delivery> deliveries) {
    return deliveries.stream().map(delivery -> text(delivery.getBody())).toList();
  }

  static void ack(Channel channel, Delivery delivery) throws Exception {
    channel.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
  }

  /** Declares, publishes, gets: shows that a confirm channel works. */
  static void exchangeOneMessage(Channel channel, String queue) throws Exception {
    declare(channel, queue);
    publish(channel, "", queue, "alive");
    Check.equal(text(get(channel, queue).getBody()), "alive", "body");
  }
}
