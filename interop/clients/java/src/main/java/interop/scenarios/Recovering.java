package interop.scenarios;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.Recoverable;
import com.rabbitmq.client.RecoveryListener;
import com.rabbitmq.client.ShutdownSignalException;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Inbox;
import interop.harness.OwnBroker;
import interop.harness.Scenario;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Scenarios in which a broker of the scenario's own is blocked, or killed with SIGKILL, under the
 * client, and started again on the same port. The broker keeps nothing over its death here: queues
 * are declared again by the client's own recovery.
 */
final class Recovering {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "blocked-unblocked", Recovering::blockedUnblocked,
          "broker-killed-reported", Recovering::brokerKilledReported,
          "recover-publisher", Recovering::recoverPublisher,
          "recover-consumer", Recovering::recoverConsumer);

  private static final int RECOVERY_INTERVAL_MS = 100;

  private Recovering() {}

  private static void blockedUnblocked(Context t) throws Exception {
    OwnBroker broker = t.ownBroker();
    ConnectionFactory factory = Link.factory(broker.start());
    Connection connection = Link.connect(t, factory);
    Inbox<String> told = new Inbox<>();
    connection.addBlockedListener(
        reason -> told.add("blocked: " + reason), () -> told.add("unblocked"));
    Channel channel = Link.confirmChannel(connection);
    AtomicLong confirmed = new AtomicLong();
    channel.addConfirmListener((tag, multiple) -> confirmed.set(tag), (tag, multiple) -> {
      // A nack is no confirm: waiting for those throws.
    });
    Link.declareShared(channel, t.name);
    broker.block();
    // A connection that does not publish need not be told.
    channel.basicPublish("", t.name, Link.PLAIN, Link.bytes("first"));
    Check.equal(told.next("connection.blocked"), "blocked: low on memory", "told");
    long meanwhile = channel.getNextPublishSeqNo();
    channel.basicPublish("", t.name, Link.PLAIN, Link.bytes("meanwhile"));
    Check.that(confirmed.get() < meanwhile, "confirmed while blocked");
    broker.unblock();
    Check.equal(told.next("connection.unblocked"), "unblocked", "told");
    Link.confirmed(channel);
    Channel other = Link.connect(t, factory).createChannel();
    List<Delivery> arrived = Link.take(Link.consume(other, t.name, true), 2);
    Check.equal(Link.bodies(arrived), List.of("first", "meanwhile"), "bodies");
  }

  private static void brokerKilledReported(Context t) throws Exception {
    OwnBroker broker = t.ownBroker();
    Connection connection = Link.connect(t, Link.factory(broker.start()));
    Inbox<ShutdownSignalException> lost = new Inbox<>();
    connection.addShutdownListener(lost::add);
    Channel channel = connection.createChannel();
    Link.declareShared(channel, t.name);
    Inbox<ShutdownSignalException> consumerLost = new Inbox<>();
    channel.basicConsume(t.name, false, (tag, delivery) -> {
      // Nothing is published.
    }, (tag, signal) -> consumerLost.add(signal));
    broker.kill();
    ShutdownSignalException signal = lost.next("shutdown of the connection");
    Check.equal(signal.isHardError(), true, "about the connection");
    Check.equal(signal.isInitiatedByApplication(), false, "by the application");
    consumerLost.next("shutdown of the consumer");
  }

  /** A channel that the client itself brings back, with a consumer of what it publishes. */
  private record Recovered(
      Channel channel, String name, Inbox<Delivery> inbox, Inbox<String> events) {
    static Recovered connect(Context t, String url) throws Exception {
      ConnectionFactory factory = Link.factory(url);
      factory.setAutomaticRecoveryEnabled(true);
      factory.setNetworkRecoveryInterval(RECOVERY_INTERVAL_MS);
      Connection connection = Link.connect(t, factory);
      Inbox<String> events = new Inbox<>();
      connection.addShutdownListener(signal -> events.add("lost"));
      ((Recoverable) connection).addRecoveryListener(new RecoveryListener() {
        @Override
        public void handleRecovery(Recoverable recovered) {
          events.add("recovered");
        }

        @Override
        public void handleRecoveryStarted(Recoverable recovering) {
          // Only that it has succeeded is waited for.
        }
      });
      Channel channel = Link.confirmChannel(connection);
      Link.declareShared(channel, t.name);
      return new Recovered(channel, t.name, Link.consume(channel, t.name, true), events);
    }

    void publish(String body) throws Exception {
      Link.publish(channel, "", name, body);
    }

    void expect(String event) throws Exception {
      Check.equal(events.next(event), event, "event");
    }
  }

  private static void recoverPublisher(Context t) throws Exception {
    OwnBroker broker = t.ownBroker();
    Recovered recovered = Recovered.connect(t, broker.start());
    recovered.publish("before");
    Check.equal(Link.bodies(Link.take(recovered.inbox, 1)), List.of("before"), "bodies");
    broker.kill();
    recovered.expect("lost");
    List<String> down = List.of("down 1", "down 2", "down 3");
    for (String body : down) {
      expectRefused(recovered, body);
    }
    broker.start();
    // The client refuses publishes until it is back: they are the program's to make again.
    recovered.expect("recovered");
    for (String body : down) {
      recovered.publish(body);
    }
    List<String> arrived = Link.bodies(Link.take(recovered.inbox, down.size()));
    Check.equal(arrived.stream().sorted().toList(), down, "bodies");
  }

  private static void expectRefused(Recovered recovered, String body) throws Exception {
    try {
      recovered.publish(body);
    } catch (ShutdownSignalException | IOException refused) {
      return;
    }
    throw new AssertionError(body + " was confirmed while the broker is down");
  }

  private static void recoverConsumer(Context t) throws Exception {
    OwnBroker broker = t.ownBroker();
    String url = broker.start();
    Recovered recovered = Recovered.connect(t, url);
    recovered.publish("first");
    Check.equal(Link.bodies(Link.take(recovered.inbox, 1)), List.of("first"), "bodies");
    broker.kill();
    recovered.expect("lost");
    broker.start();
    // Another connection's message: only the recovered consumer can take it.
    Channel other = Link.confirmChannel(Link.connect(t, Link.factory(url)));
    Link.declareShared(other, t.name);
    Link.publish(other, "", t.name, "second");
    Check.equal(Link.bodies(Link.take(recovered.inbox, 1)), List.of("second"), "bodies");
  }
}
