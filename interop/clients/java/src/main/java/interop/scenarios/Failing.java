package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import interop.harness.Scenario;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Scenarios of what goes wrong and what must go on: cancelled consumers, closed channels, a closed
 * connection, locks; and of many channels, request and reply, and silence.
 */
final class Failing {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "consumer-cancel", Failing::consumerCancel,
          "two-channels-one-error", Failing::twoChannelsOneError,
          "channel-error-survived", Failing::channelErrorSurvived,
          "connection-error-reported", Failing::connectionErrorReported,
          "exclusive-queue-locked", Failing::exclusiveQueueLocked,
          "rpc-direct-reply-to", Failing::rpcDirectReplyTo,
          "channels-1000", Failing::channels1000,
          "heartbeat-silence", Failing::heartbeatSilence);

  private static final String REPLY_TO = "amq.rabbitmq.reply-to";
  private static final int CHANNELS = 1_000;
  private static final int SILENCE_SECONDS = 5;

  private Failing() {}

  private static void consumerCancel(Context t) throws Exception {
    Connection connection = Link.connect(t);
    Channel channel = connection.createChannel();
    Channel other = connection.createChannel();
    Link.declare(channel, t.name);
    Inbox<String> cancels = new Inbox<>();
    String tag =
        channel.basicConsume(
            t.name, false, (consumer, delivery) -> cancels.add("a delivery"), cancels::add);
    other.queueDelete(t.name);
    Check.equal(cancels.next("cancel"), tag, "cancelled");
    Link.exchangeOneMessage(Link.confirmChannel(connection), t.name + ".after");
  }

  private static void twoChannelsOneError(Context t) throws Exception {
    Connection connection = Link.connect(t);
    Channel good = Link.confirmChannel(connection);
    Channel bad = connection.createChannel();
    Link.declare(good, t.name);
    Inbox<Delivery> inbox = Link.consume(good, t.name, true);
    String missing = t.name + ".missing";
    Refusal refusal = Refusal.of(() -> bad.queueDeclarePassive(missing));
    refusal.expect(AMQP.NOT_FOUND, "NOT_FOUND - no queue '" + missing + "' in vhost '/'");
    Link.publish(good, "", t.name, "still here");
    Check.equal(Link.bodies(Link.take(inbox, 1)), List.of("still here"), "bodies");
  }

  private static void channelErrorSurvived(Context t) throws Exception {
    Connection connection = Link.connect(t);
    Channel first = connection.createChannel();
    Inbox<ShutdownSignalException> closed = new Inbox<>();
    first.addShutdownListener(closed::add);
    String missing = t.name + ".missing";
    first.basicPublish(missing, "key", Link.PLAIN, Link.bytes("x"));
    Refusal.reported(closed.next("close of the channel"))
        .expect(AMQP.NOT_FOUND, "NOT_FOUND - no exchange '" + missing + "' in vhost '/'");
    Link.exchangeOneMessage(Link.confirmChannel(connection), t.name);
  }

  private static void connectionErrorReported(Context t) throws Exception {
    String text = "NOT_IMPLEMENTED - prefetch_size!=0 (1)";
    Connection connection = Link.connect(t);
    Inbox<ShutdownSignalException> closed = new Inbox<>();
    connection.addShutdownListener(closed::add);
    Channel channel = connection.createChannel();
    Refusal.of(() -> channel.basicQos(1, 0, false)).expect(AMQP.NOT_IMPLEMENTED, text);
    Refusal.reported(closed.next("close of the connection")).expect(AMQP.NOT_IMPLEMENTED, text);
  }

  private static void exclusiveQueueLocked(Context t) throws Exception {
    Channel owned = Link.confirmChannel(Link.connect(t));
    Link.declare(owned, t.name);
    Connection other = Link.connect(t);
    List<Refusal> refusals = new ArrayList<>();
    refusals.add(Refusal.of(() -> Link.declare(other.createChannel(), t.name)));
    refusals.add(Refusal.of(() -> other.createChannel().basicGet(t.name, true)));
    refusals.add(Refusal.of(() -> Link.consume(other.createChannel(), t.name, true)));
    for (Refusal refusal : refusals) {
      Check.equal(refusal.code(), AMQP.RESOURCE_LOCKED, "reply code");
      Check.contains(
          refusal.text(),
          "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '"
              + (t.name + "' in vhost '/'"));
    }
    Link.publish(owned, "", t.name, "mine");
    Check.equal(Link.text(Link.get(owned, t.name).getBody()), "mine", "body");
  }

  private static void rpcDirectReplyTo(Context t) throws Exception {
    Channel server = Link.connect(t).createChannel();
    Channel client = Link.connect(t).createChannel();
    server.queueDeclare(t.name, false, false, true, null);
    Inbox<Delivery> requests = Link.consume(server, t.name, true);
    Inbox<Delivery> replies = Link.consume(client, REPLY_TO, true);
    for (String question : List.of("one", "two", "three")) {
      BasicProperties asking =
          new BasicProperties.Builder().replyTo(REPLY_TO).correlationId(question).build();
      client.basicPublish("", t.name, asking, Link.bytes(question));
      Delivery request = requests.next("request");
      String replyTo = request.getProperties().getReplyTo();
      Check.that(replyTo.startsWith(REPLY_TO + "."), "reply to " + replyTo);
      String correlation = request.getProperties().getCorrelationId();
      BasicProperties answering =
          new BasicProperties.Builder().correlationId(correlation).build();
      String answer = Link.text(request.getBody()).toUpperCase();
      server.basicPublish("", replyTo, answering, Link.bytes(answer));
      Delivery reply = replies.next("reply");
      Check.equal(reply.getProperties().getCorrelationId(), question, "correlation id");
      Check.equal(Link.text(reply.getBody()), question.toUpperCase(), "body");
    }
  }

  private static void channels1000(Context t) throws Exception {
    Connection connection = Link.connect(t);
    List<Channel> channels = new ArrayList<>();
    while (channels.size() < CHANNELS) {
      Channel channel = connection.createChannel();
      Check.that(channel != null, "no channel after " + channels.size());
      channels.add(channel);
    }
    Link.declare(channels.get(0), t.name);
    Inbox<Delivery> inbox = Link.consume(channels.get(0), t.name, true);
    Set<String> missing = new HashSet<>();
    for (Channel channel : channels) {
      String body = String.valueOf(channel.getChannelNumber());
      missing.add(body);
      channel.basicPublish("", t.name, Link.PLAIN, Link.bytes(body));
    }
    Link.bodies(Link.take(inbox, CHANNELS)).forEach(missing::remove);
    Check.equal(missing, Set.of(), "missing");
  }

  private static void heartbeatSilence(Context t) throws Exception {
    ConnectionFactory factory = Link.factory(t.url);
    factory.setRequestedHeartbeat(1);
    Connection connection = Link.connect(t, factory);
    Check.equal(connection.getHeartbeat(), 1, "heartbeat");
    CountDownLatch lost = new CountDownLatch(1);
    connection.addShutdownListener(signal -> lost.countDown());
    Channel channel = Link.confirmChannel(connection);
    // The silence is what is under test: only heartbeats may keep the connection.
    boolean isLost = lost.await(SILENCE_SECONDS, TimeUnit.SECONDS);
    Check.that(!isLost, "lost in silence: " + connection.getCloseReason());
    Link.exchangeOneMessage(channel, t.name);
  }
}
