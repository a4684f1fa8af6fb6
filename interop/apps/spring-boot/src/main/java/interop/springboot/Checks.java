package interop.springboot;

import static interop.apps.Check.equal;
import static interop.apps.Check.holds;
import static interop.apps.Check.until;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import interop.springboot.Listeners.Seen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.springframework.amqp.core.AmqpAdmin;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.connection.ChannelListener;
import org.springframework.amqp.rabbit.connection.CorrelationData;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.RabbitListenerEndpointRegistry;
import org.springframework.amqp.rabbit.retry.RepublishMessageRecoverer;
import org.springframework.stereotype.Component;

/** What is shown, with the beans that Spring Boot made. */
@Component
class Checks {
  private static final int CONFIRM_LIMIT_SECONDS = 10;
  private static final int MANY = 1_000;
  private static final String FAST_REPLY_TO = "amq.rabbitmq.reply-to.";

  private final CachingConnectionFactory connections;
  private final RabbitTemplate template;
  private final AmqpAdmin admin;
  private final RabbitListenerEndpointRegistry registry;
  private final Listeners listeners;
  private final Names names;
  private final Queue deletedQueue;

  Checks(
      CachingConnectionFactory connections,
      RabbitTemplate template,
      AmqpAdmin admin,
      RabbitListenerEndpointRegistry registry,
      Listeners listeners,
      Names names,
      Queue deleted) {
    this.connections = connections;
    this.template = template;
    this.admin = admin;
    this.registry = registry;
    this.listeners = listeners;
    this.names = names;
    this.deletedQueue = deleted;
  }

  /** RabbitAdmin has declared the beans: the queues are there, two consumers on one of them. */
  void topology() throws Exception {
    for (String name : allQueues()) {
      holds(admin.getQueueInfo(name) != null, name + " is not there");
    }
    until(() -> consumers(names.orders()) == 2);
  }

  /** By a binding with a wildcard; the listener gets the object back. */
  void json() throws Exception {
    Order order = new Order(1, "Zoë", List.of("tea", "ink"));
    template.convertAndSend(names.ordersExchange(), "order.new.eu", order);
    until(() -> listeners.seen(names.orders()).size() == 1);
    Seen seen = listeners.seen(names.orders()).peek();
    equal(seen, new Seen(order, "order.new.eu", false), "seen");
  }

  void many() throws Exception {
    listeners.seen(names.orders()).clear();
    for (int number = 0; number < MANY; number++) {
      template.convertAndSend(names.ordersExchange(), "order.bulk", order(number));
    }
    until(() -> listeners.seen(names.orders()).size() == MANY);
    List<Integer> numbers = new ArrayList<>();
    listeners.seen(names.orders()).forEach(each -> numbers.add(((Order) each.body()).number()));
    Collections.sort(numbers);
    for (int number = 0; number < MANY; number++) {
      equal(numbers.get(number), number, "number");
    }
  }

  /** The retries are the listener's own: the broker delivers the message once. */
  void retried() throws Exception {
    template.convertAndSend(names.flaky(), order(2));
    until(() -> listeners.seen(names.flaky()).size() == 3);
    for (Seen seen : listeners.seen(names.flaky())) {
      equal(seen, new Seen(order(2), names.flaky(), false), "seen");
    }
  }

  /** First try and two retries, then republished with the exception in its headers. */
  void recovered() throws Exception {
    template.convertAndSend(names.poison(), order(3));
    Message failed = template.receive(names.errors(), TimeUnit.SECONDS.toMillis(10));
    holds(failed != null, "nothing in the error queue");
    equal(listeners.seen(names.poison()).size(), 3, "tries");
    var headers = failed.getMessageProperties().getHeaders();
    equal(headers.get(RepublishMessageRecoverer.X_EXCEPTION_MESSAGE), "never", "message");
    equal(headers.get(RepublishMessageRecoverer.X_ORIGINAL_ROUTING_KEY), names.poison(), "key");
    String trace = String.valueOf(headers.get(RepublishMessageRecoverer.X_EXCEPTION_STACKTRACE));
    holds(trace.contains("IllegalStateException"), "stack trace: " + trace);
    equal(template.getMessageConverter().fromMessage(failed), order(3), "body");
    until(() -> messages(names.poison()) == 0);
  }

  void manualAck() throws Exception {
    template.convertAndSend(names.manual(), order(4));
    until(() -> listeners.seen(names.manual()).size() == 2);
    List<Seen> seen = List.copyOf(listeners.seen(names.manual()));
    equal(List.of(seen.get(0).redelivered(), seen.get(1).redelivered()), List.of(false, true),
        "redelivered");
    until(() -> messages(names.manual()) == 0);
  }

  void reply() {
    for (int number = 1; number <= 20; number++) {
      Object answer = template.convertSendAndReceive(names.squares(), (Object) number);
      equal(answer, number * number, "answer");
    }
    for (Seen seen : listeners.seen(names.squares())) {
      String replyTo = String.valueOf(seen.body());
      holds(replyTo.startsWith(FAST_REPLY_TO), "the reply-to address is " + replyTo);
    }
  }

  void confirmed() throws Exception {
    CorrelationData one = new CorrelationData("one");
    template.convertAndSend("", names.kept(), order(5), one);
    equal(confirm(one).ack(), true, "ack");
    equal(one.getReturned(), null, "returned");
    List<CorrelationData> all = new ArrayList<>();
    for (int number = 0; number < MANY; number++) {
      CorrelationData each = new CorrelationData();
      all.add(each);
      template.convertAndSend("", names.kept(), order(number), each);
    }
    for (CorrelationData each : all) {
      equal(confirm(each).ack(), true, "ack");
    }
    equal(messages(names.kept()), MANY + 1, "messages in the queue");
    admin.purgeQueue(names.kept(), false);
  }

  /** Spring sees to it that the return is there when the confirm is. */
  void returned() throws Exception {
    CorrelationData lost = new CorrelationData("lost");
    template.convertAndSend("", names.kept() + ".missing", order(6), lost);
    equal(confirm(lost).ack(), true, "ack");
    holds(lost.getReturned() != null, "it was not returned");
    equal(lost.getReturned().getReplyCode(), AMQP.NO_ROUTE, "reply code");
    equal(lost.getReturned().getReplyText(), "NO_ROUTE", "reply text");
    equal(lost.getReturned().getRoutingKey(), names.kept() + ".missing", "routing key");
  }

  /** The broker closes the channel; Spring reports that as a nack, and opens another one. */
  void missingExchange() throws Exception {
    List<ShutdownSignalException> closed = new CopyOnWriteArrayList<>();
    connections.addChannelListener(
        new ChannelListener() {
          @Override
          public void onCreate(Channel channel, boolean transactional) {
            // Only the end of a channel is of interest.
          }

          @Override
          public void onShutDown(ShutdownSignalException signal) {
            closed.add(signal);
          }
        });
    CorrelationData lost = new CorrelationData("lost");
    template.convertAndSend(names.ordersExchange() + ".missing", "key", order(7), lost);
    equal(confirm(lost).ack(), false, "ack");
    until(() -> closed.stream().anyMatch(Checks::isNotFound));
    CorrelationData next = new CorrelationData("next");
    template.convertAndSend("", names.kept(), order(7), next);
    equal(confirm(next).ack(), true, "ack");
    admin.purgeQueue(names.kept(), false);
  }

  /** The consumer is cancelled by the broker; the container consumes again when it can. */
  void queueDeleted() throws Exception {
    template.convertAndSend(names.deleted(), order(8));
    until(() -> listeners.seen(names.deleted()).size() == 1);
    admin.deleteQueue(names.deleted());
    admin.declareQueue(deletedQueue);
    until(() -> consumers(names.deleted()) == 1);
    template.convertAndSend(names.deleted(), order(9));
    until(() -> listeners.seen(names.deleted()).size() == 2);
  }

  /** Stopped, a container leaves what comes in the queue; started, it takes it. */
  void containerRestarted() throws Exception {
    var container = registry.getListenerContainer(Listeners.DELETED_ID);
    int before = listeners.seen(names.deleted()).size();
    container.stop();
    until(() -> consumers(names.deleted()) == 0);
    template.convertAndSend(names.deleted(), order(10));
    until(() -> messages(names.deleted()) == 1);
    container.start();
    until(() -> listeners.seen(names.deleted()).size() == before + 1);
  }

  /** Stops the listeners and deletes all that was declared. */
  void cleanUp() {
    registry.stop();
    for (String name : allQueues()) {
      equal(messages(name), 0, "messages left in " + name);
      admin.deleteQueue(name);
    }
    admin.deleteExchange(names.ordersExchange());
    admin.deleteExchange(names.errorExchange());
  }

  private List<String> allQueues() {
    return List.of(
        names.orders(), names.flaky(), names.poison(), names.errors(), names.squares(),
        names.manual(), names.deleted(), names.kept());
  }

  private int consumers(String queue) {
    var info = admin.getQueueInfo(queue);
    return info == null ? 0 : info.getConsumerCount();
  }

  private int messages(String queue) {
    return Math.toIntExact(admin.getQueueInfo(queue).getMessageCount());
  }

  private static CorrelationData.Confirm confirm(CorrelationData data) throws Exception {
    return data.getFuture().get(CONFIRM_LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static boolean isNotFound(ShutdownSignalException signal) {
    return signal.getReason() instanceof AMQP.Channel.Close close
        && close.getReplyCode() == AMQP.NOT_FOUND
        && close.getReplyText().contains("no exchange");
  }

  private static Order order(int number) {
    return new Order(number, "Ada", List.of("paper"));
  }
}
