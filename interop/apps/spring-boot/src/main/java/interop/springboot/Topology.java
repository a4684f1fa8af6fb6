package interop.springboot;

import java.util.stream.Stream;
import org.springframework.amqp.core.AmqpTemplate;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.core.TopicExchange;
import org.springframework.amqp.rabbit.config.ContainerCustomizer;
import org.springframework.amqp.rabbit.listener.SimpleMessageListenerContainer;
import org.springframework.amqp.rabbit.retry.MessageRecoverer;
import org.springframework.amqp.rabbit.retry.RepublishMessageRecoverer;
import org.springframework.amqp.support.converter.JacksonJsonMessageConverter;
import org.springframework.amqp.support.converter.MessageConverter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What RabbitAdmin declares when the application connects, and how listeners are set up. */
@Configuration
public class Topology {
  static final String ORDER_KEYS = "order.#";
  static final String ERROR_KEY = "failed";
  private static final long DECLARE_AGAIN_MS = 200;

  private final Names names;

  Topology(Names names) {
    this.names = names;
  }

  @Bean
  TopicExchange ordersExchange() {
    return new TopicExchange(names.ordersExchange());
  }

  @Bean
  Queue orders() {
    return QueueBuilder.durable(names.orders()).build();
  }

  @Bean
  Binding ordersBinding(Queue orders, TopicExchange ordersExchange) {
    return BindingBuilder.bind(orders).to(ordersExchange).with(ORDER_KEYS);
  }

  @Bean
  Declarables errorHandling() {
    DirectExchange exchange = new DirectExchange(names.errorExchange());
    Queue queue = QueueBuilder.durable(names.errors()).build();
    return new Declarables(
        exchange, queue, BindingBuilder.bind(queue).to(exchange).with(ERROR_KEY));
  }

  @Bean
  Declarables otherQueues() {
    return new Declarables(
        Stream.of(names.flaky(), names.poison(), names.squares(), names.manual(), names.kept())
            .map(name -> QueueBuilder.durable(name).build())
            .toList());
  }

  /** Declared by hand when it was deleted: RabbitAdmin would do that by itself, at a reconnect. */
  @Bean
  Queue deleted() {
    return QueueBuilder.nonDurable(names.deleted()).build();
  }

  /** Boot gives it to the retries of listeners: called when there have been enough. */
  @Bean
  MessageRecoverer recoverer(AmqpTemplate template) {
    return new RepublishMessageRecoverer(template, names.errorExchange(), ERROR_KEY)
        .includeStackTrace(true);
  }

  @Bean
  MessageConverter converter() {
    return new JacksonJsonMessageConverter(Order.class.getPackageName());
  }

  /** Looks for a missing queue more often than every five seconds. */
  @Bean
  ContainerCustomizer<SimpleMessageListenerContainer> customizer() {
    return container -> {
      container.setFailedDeclarationRetryInterval(DECLARE_AGAIN_MS);
      container.setRecoveryInterval(DECLARE_AGAIN_MS);
    };
  }
}
