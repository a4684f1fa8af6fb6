package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.Return;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import interop.harness.Scenario;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Scenarios of publishing: confirms, returns, transactions. */
final class Publishing {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "confirm-single", Publishing::confirmSingle,
          "confirm-batch-1000", Publishing::confirmBatch,
          "confirm-batches", Publishing::confirmBatches,
          "mandatory-return", Publishing::mandatoryReturn,
          "tx-commit", Publishing::txCommit,
          "tx-rollback", Publishing::txRollback);

  private static final int BATCH = 1_000;
  private static final int BATCHES = 10;

  private Publishing() {}

  private static void confirmSingle(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    channel.queueDeclare(t.name, true, false, false, null);
    t.after(() -> channel.queueDelete(t.name));
    BasicProperties persistent = MessageProperties.MINIMAL_PERSISTENT_BASIC;
    Link.publish(channel, "", t.name, persistent, Link.bytes("kept"));
    GetResponse message = Link.get(channel, t.name);
    Check.equal(Link.text(message.getBody()), "kept", "body");
    Check.equal(message.getProps().getDeliveryMode(), 2, "delivery mode");
  }

  private static void confirmBatch(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    Link.declare(channel, t.name);
    List<String> numbers = IntStream.range(0, BATCH).mapToObj(String::valueOf).toList();
    for (String number : numbers) {
      channel.basicPublish("", t.name, Link.PLAIN, Link.bytes(number));
    }
    Link.confirmed(channel);
    Check.equal(channel.messageCount(t.name), (long) BATCH, "ready");
    Check.equal(
        Link.bodies(Link.take(Link.consume(channel, t.name, true), BATCH)), numbers, "bodies");
  }

  private static void confirmBatches(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    Link.declare(channel, t.name);
    for (int batch = 0; batch < BATCHES; batch++) {
      for (int number = 0; number < BATCH / BATCHES; number++) {
        channel.basicPublish("", t.name, Link.PLAIN, Link.bytes("x"));
      }
      Link.confirmed(channel);
    }
    Check.equal(channel.messageCount(t.name), (long) BATCH, "ready");
  }

  private static void mandatoryReturn(Context t) throws Exception {
    Channel channel = Link.confirmChannel(Link.connect(t));
    // One inbox for both, which the client fills in the order in which they came.
    Inbox<Object> events = new Inbox<>();
    channel.addReturnListener(events::add);
    channel.addConfirmListener(
        (tag, multiple) -> events.add("confirmed"), (tag, multiple) -> events.add("refused"));
    BasicProperties properties =
        new BasicProperties.Builder().messageId("m-1").contentType("application/x-test").build();
    channel.basicPublish("amq.direct", t.name, true, properties, Link.bytes("lost"));
    Object first = events.next("return");
    Check.that(first instanceof Return, "before the return: " + first);
    Return returned = (Return) first;
    Check.equal(events.next("confirm"), "confirmed", "after the return");
    Check.equal(returned.getReplyCode(), AMQP.NO_ROUTE, "reply code");
    Check.equal(returned.getReplyText(), "NO_ROUTE", "reply text");
    Check.equal(returned.getExchange(), "amq.direct", "exchange");
    Check.equal(returned.getRoutingKey(), t.name, "routing key");
    Check.equal(Link.text(returned.getBody()), "lost", "body");
    Check.equal(returned.getProperties(), properties, "properties");
  }

  /** A channel in tx mode, and another one to count ready messages on. */
  private record Transaction(Channel channel, Channel observer, String name) {
    static Transaction begin(Context t) throws Exception {
      Connection connection = Link.connect(t);
      Channel channel = connection.createChannel();
      Channel observer = connection.createChannel();
      Link.declare(observer, t.name);
      channel.txSelect();
      return new Transaction(channel, observer, t.name);
    }

    void send(String body) throws Exception {
      channel.basicPublish("", name, Link.PLAIN, Link.bytes(body));
    }

    void getAndAck(String expected) throws Exception {
      GetResponse message = channel.basicGet(name, false);
      Check.equal(Link.text(message.getBody()), expected, "body");
      channel.basicAck(message.getEnvelope().getDeliveryTag(), false);
    }

    void expectReady(long expected, String what) throws Exception {
      Check.equal(observer.messageCount(name), expected, what);
    }
  }

  private static void txCommit(Context t) throws Exception {
    Transaction tx = Transaction.begin(t);
    tx.send("one");
    tx.send("two");
    tx.expectReady(0, "ready before the commit");
    tx.channel.txCommit();
    tx.expectReady(2, "ready after the commit");
    tx.getAndAck("one");
    tx.channel.txCommit();
    tx.channel.close();
    tx.expectReady(1, "ready: an acked message does not come back");
  }

  private static void txRollback(Context t) throws Exception {
    Transaction tx = Transaction.begin(t);
    tx.send("kept");
    tx.channel.txCommit();
    tx.send("dropped");
    tx.getAndAck("kept");
    tx.channel.txRollback();
    tx.expectReady(0, "ready: rollback does not redeliver");
    tx.channel.close();
    tx.expectReady(1, "ready: the ack was forgotten, the publish too");
  }
}
