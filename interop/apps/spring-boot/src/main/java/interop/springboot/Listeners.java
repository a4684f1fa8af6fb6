package interop.springboot;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.support.AmqpHeaders;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

/** The listeners. What they get they keep for the checks to see. */
@Component
public class Listeners {
  static final String DELETED_ID = "deleted";

  /** A message as a listener saw it. */
  record Seen(Object body, String key, boolean redelivered) {}

  private static final int FAILURES = 2;

  private final Map<String, Queue<Seen>> seen = new ConcurrentHashMap<>();

  /** What the listener of a queue was called with, each try of a message on its own. */
  Queue<Seen> seen(String queue) {
    return seen.computeIfAbsent(queue, name -> new ConcurrentLinkedQueue<>());
  }

  @RabbitListener(queues = "#{names.orders()}", concurrency = "2")
  void order(Order order, Message message) {
    keep(message, order);
  }

  @RabbitListener(queues = "#{names.flaky()}")
  void flaky(Order order, Message message) {
    if (keep(message, order) <= FAILURES) {
      throw new IllegalStateException("not yet");
    }
  }

  @RabbitListener(queues = "#{names.poison()}")
  void poison(Order order, Message message) {
    keep(message, order);
    throw new IllegalStateException("never");
  }

  /** What it returns goes to the reply-to address of the request. */
  @RabbitListener(queues = "#{names.squares()}")
  int square(int number, @Header(AmqpHeaders.REPLY_TO) String replyTo, Message message) {
    keep(message, replyTo);
    return number * number;
  }

  /** Gives a message back the first time. */
  @RabbitListener(queues = "#{names.manual()}", ackMode = "MANUAL")
  void manual(Order order, Message message, Channel channel) throws IOException {
    keep(message, order);
    long tag = message.getMessageProperties().getDeliveryTag();
    if (message.getMessageProperties().isRedelivered()) {
      channel.basicAck(tag, false);
    } else {
      channel.basicNack(tag, false, true);
    }
  }

  @RabbitListener(id = DELETED_ID, queues = "#{names.deleted()}")
  void deleted(Order order, Message message) {
    keep(message, order);
  }

  private int keep(Message message, Object body) {
    var properties = message.getMessageProperties();
    Queue<Seen> list = seen(properties.getConsumerQueue());
    list.add(new Seen(body, properties.getReceivedRoutingKey(), properties.isRedelivered()));
    return list.size();
  }
}
