package interop.springboot;

import static interop.apps.Check.until;

import interop.apps.OwnBroker;
import java.net.URI;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.amqp.AmqpException;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.rabbit.connection.CachingConnectionFactory;
import org.springframework.amqp.rabbit.core.RabbitAdmin;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.context.support.StaticApplicationContext;

/** A broker is killed and started again under a listener container, with nothing in it kept. */
final class BrokerKilled {
  private static final long AGAIN_MS = 200;

  private BrokerKilled() {}

  static void run() throws Exception {
    try (OwnBroker broker = new OwnBroker();
        StaticApplicationContext context = new StaticApplicationContext()) {
      var connections = new CachingConnectionFactory(URI.create(broker.start()));
      var queue = QueueBuilder.nonDurable("recovered").build();
      // RabbitAdmin finds the queue in the context, and declares it at every connect.
      context.getBeanFactory().registerSingleton("recovered", queue);
      context.refresh();
      RabbitAdmin admin = new RabbitAdmin(connections);
      admin.setApplicationContext(context);
      admin.afterPropertiesSet();

      Queue<String> seen = new ConcurrentLinkedQueue<>();
      var container = new SimpleMessageListenerContainer(connections);
      container.setQueues(queue);
      container.setAmqpAdmin(admin);
      container.setRecoveryInterval(AGAIN_MS);
      container.setFailedDeclarationRetryInterval(AGAIN_MS);
      container.setMessageListener(message -> seen.add(new String(message.getBody())));
      container.afterPropertiesSet();
      container.start();
      try {
        RabbitTemplate template = new RabbitTemplate(connections);
        template.convertAndSend(queue.getName(), "before");
        until(() -> seen.contains("before"));
        broker.kill();
        broker.start();
        until(() -> isSent(template, queue.getName()));
        until(() -> seen.contains("after"));
      } finally {
        container.stop();
        connections.destroy();
      }
    }
  }

  /** A template reports what it could not send: it does not try again by itself. */
  private static boolean isSent(RabbitTemplate template, String queue) {
    try {
      template.convertAndSend(queue, "after");
      return true;
    } catch (AmqpException notConnected) {
      return false;
    }
  }
}
