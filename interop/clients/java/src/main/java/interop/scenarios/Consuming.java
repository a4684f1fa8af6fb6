package interop.scenarios;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import interop.harness.Scenario;
import java.util.List;
import java.util.Map;

/**
 * Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
 * from the queue after the channel is closed, when all that was not settled has come back.
 */
final class Consuming {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "get", Consuming::get,
          "get-empty", Consuming::getEmpty,
          "consume-prefetch", Consuming::consumePrefetch,
          "ack-each", Consuming::ackEach,
          "ack-multiple", Consuming::ackMultiple,
          "auto-ack", Consuming::autoAck,
          "reject-drop", Consuming::rejectDrop,
          "nack-multiple", Consuming::nackMultiple,
          "nack-requeue", Consuming::nackRequeue);

  private Consuming() {}

  /** A queue of its own with the messages 1 to {@code count}, and a channel to take them on. */
  private record Filled(Channel publisher, Channel channel, String name) {
    static Filled make(Context t, int count) throws Exception {
      Connection connection = Link.connect(t);
      Channel publisher = Link.confirmChannel(connection);
      Link.declare(publisher, t.name);
      for (int number = 1; number <= count; number++) {
        Link.publish(publisher, "", t.name, String.valueOf(number));
      }
      return new Filled(publisher, connection.createChannel(), t.name);
    }

    Inbox<Delivery> consume(boolean autoAck) throws Exception {
      return Link.consume(channel, name, autoAck);
    }

    /** Closes the channel and takes, on another, what the queue holds then. */
    void expectLeft(String... expected) throws Exception {
      channel.close();
      Check.equal(Link.getAll(publisher, name), List.of(expected), "left");
    }
  }

  private static long tag(Delivery delivery) {
    return delivery.getEnvelope().getDeliveryTag();
  }

  private static void get(Context t) throws Exception {
    Filled f = Filled.make(t, 3);
    GetResponse first = f.channel.basicGet(t.name, false);
    Envelope envelope = first.getEnvelope();
    Check.equal(Link.text(first.getBody()), "1", "body");
    Check.equal(first.getMessageCount(), 2, "left");
    Check.equal(envelope.isRedeliver(), false, "redelivered");
    Check.equal(envelope.getExchange(), "", "exchange");
    Check.equal(envelope.getRoutingKey(), t.name, "routing key");
    f.channel.basicAck(envelope.getDeliveryTag(), false);
    GetResponse second = Link.get(f.channel, t.name);
    Check.equal(Link.text(second.getBody()), "2", "body");
    Check.equal(second.getMessageCount(), 1, "left");
    f.expectLeft("3");
  }

  private static void getEmpty(Context t) throws Exception {
    Filled f = Filled.make(t, 0);
    Check.equal(f.channel.basicGet(t.name, false), null, "get");
    Check.equal(f.channel.basicGet(t.name, true), null, "get without ack");
  }

  private static void consumePrefetch(Context t) throws Exception {
    Filled f = Filled.make(t, 10);
    f.channel.basicQos(3);
    Inbox<Delivery> inbox = new Inbox<>();
    String tag =
        f.channel.basicConsume(
            t.name, false, (consumer, delivery) -> inbox.add(delivery), (consumer, signal) -> {
              // The scenario closes the channel itself.
            });
    List<Delivery> messages = Link.take(inbox, 3);
    Check.equal(Link.bodies(messages), List.of("1", "2", "3"), "bodies");
    Check.equal(f.channel.messageCount(t.name), 7L, "ready while three are outstanding");
    Check.equal(inbox.size(), 0, "messages beyond the prefetch");
    Link.ack(f.channel, messages.get(0));
    Check.equal(Link.bodies(Link.take(inbox, 1)), List.of("4"), "bodies");
    f.channel.basicCancel(tag);
    f.expectLeft("2", "3", "4", "5", "6", "7", "8", "9", "10");
  }

  private static void ackEach(Context t) throws Exception {
    Filled f = Filled.make(t, 5);
    for (Delivery message : Link.take(f.consume(false), 5)) {
      Link.ack(f.channel, message);
    }
    f.expectLeft();
  }

  private static void ackMultiple(Context t) throws Exception {
    Filled f = Filled.make(t, 6);
    f.channel.basicAck(tag(Link.take(f.consume(false), 6).get(3)), true);
    f.expectLeft("5", "6");
  }

  private static void autoAck(Context t) throws Exception {
    Filled f = Filled.make(t, 5);
    List<String> bodies = Link.bodies(Link.take(f.consume(true), 5));
    Check.equal(bodies, List.of("1", "2", "3", "4", "5"), "bodies");
    f.expectLeft();
  }

  private static void rejectDrop(Context t) throws Exception {
    Filled f = Filled.make(t, 3);
    List<Delivery> messages = Link.take(f.consume(false), 3);
    f.channel.basicReject(tag(messages.get(0)), false);
    f.channel.basicReject(tag(messages.get(2)), false);
    f.expectLeft("2");
  }

  private static void nackMultiple(Context t) throws Exception {
    Filled f = Filled.make(t, 4);
    Inbox<Delivery> inbox = f.consume(false);
    f.channel.basicNack(tag(Link.take(inbox, 4).get(2)), true, true);
    List<Delivery> again = Link.take(inbox, 3);
    Check.equal(Link.bodies(again), List.of("1", "2", "3"), "bodies");
    for (Delivery message : again) {
      Check.equal(message.getEnvelope().isRedeliver(), true, "redelivered");
    }
  }

  private static void nackRequeue(Context t) throws Exception {
    Filled f = Filled.make(t, 1);
    Inbox<Delivery> inbox = f.consume(false);
    Delivery first = inbox.next("first delivery");
    Check.equal(first.getEnvelope().isRedeliver(), false, "redelivered");
    f.channel.basicNack(tag(first), false, true);
    Delivery again = inbox.next("second delivery");
    Check.equal(Link.text(again.getBody()), "1", "body");
    Check.equal(again.getEnvelope().isRedeliver(), true, "redelivered");
    f.channel.basicNack(tag(again), false, false);
    f.expectLeft();
  }
}
