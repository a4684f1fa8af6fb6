package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.LongString;
import interop.harness.Check;
import interop.harness.Context;
import interop.harness.Scenario;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Scenarios of opening a connection, and of being refused. */
final class Connecting {
  static final Map<String, Scenario> SCENARIOS =
      Map.of(
          "connect-default-vhost", t -> connectsTo(t, t.url),
          "connect-encoded-vhost", t -> connectsTo(t, t.url + "/%2F"),
          "connect-missing-vhost", Connecting::missingVhost,
          "connect-wrong-password", Connecting::wrongPassword,
          "server-properties", Connecting::serverProperties);

  private static final List<String> CAPABILITIES =
      List.of(
          "publisher_confirms",
          "exchange_exchange_bindings",
          "basic.nack",
          "consumer_cancel_notify",
          "connection.blocked",
          "consumer_priorities",
          "authentication_failure_close",
          "per_consumer_qos",
          "direct_reply_to");

  private Connecting() {}

  /** Does one round trip, where the error text shows which vhost it is. */
  private static void connectsTo(Context t, String url) throws Exception {
    Channel channel = Link.connect(t, Link.factory(url)).createChannel();
    Refusal refusal = Refusal.of(() -> channel.queueDeclarePassive(t.name));
    refusal.expect(AMQP.NOT_FOUND, "NOT_FOUND - no queue '" + t.name + "' in vhost '/'");
  }

  private static void missingVhost(Context t) throws Exception {
    ConnectionFactory factory = Link.factory(t.url + "/no-such-vhost");
    Refusal refusal = Refusal.of(() -> Link.connect(t, factory));
    refusal.expect(AMQP.NOT_ALLOWED, "NOT_ALLOWED - vhost no-such-vhost not found");
  }

  private static void wrongPassword(Context t) throws Exception {
    ConnectionFactory factory = Link.factory(t.url);
    factory.setPassword("wrong");
    try {
      Link.connect(t, factory);
    } catch (AuthenticationFailureException refused) {
      // The client reads the 403 itself: the exception's class is what it makes of it.
      String message = refused.getMessage();
      Check.contains(
          message,
          "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
              + " For details see the broker logfile.");
      return;
    }
    throw new AssertionError("the broker let it in");
  }

  private static void serverProperties(Context t) throws Exception {
    Connection connection = Link.connect(t);
    Map<String, Object> properties = connection.getServerProperties();
    Check.equal(String.valueOf(properties.get("product")), "RabbitMQ", "product");
    String version = String.valueOf(properties.get("version"));
    Check.that(version.matches("\\d+\\.\\d+\\.\\d+.*"), "version " + version);
    for (String key : List.of("platform", "copyright", "information", "cluster_name")) {
      Check.that(properties.get(key) instanceof LongString, key);
    }
    Map<String, Boolean> all =
        CAPABILITIES.stream().collect(Collectors.toMap(Function.identity(), name -> true));
    Check.equal(properties.get("capabilities"), all, "capabilities");
  }
}
