package interop.jms;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.jms.admin.RMQConnectionFactory;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import jakarta.jms.TextMessage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeoutException;
import org.springframework.jms.connection.CachingConnectionFactory;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** The way to the broker, and the names of one run. */
final class Link {
  private static final int RECEIVE_LIMIT_MS = 10_000;

  private final String url;
  private final String run;
  private final List<String> queues = new ArrayList<>();
  private final List<CachingConnectionFactory> factories = new ArrayList<>();

  /** The broker without JMS, to look into queues and to delete them. */
  private final ConnectionFactory amqp = new ConnectionFactory();

  Link(String url, String run) throws GeneralSecurityException, URISyntaxException {
    this.url = url;
    this.run = run;
    amqp.setUri(url);
  }

  /** A queue's or a topic's name that is this run's own. */
  String name(String what) {
    String name = run + "." + what;
    queues.add(name);
    return name;
  }

  RMQConnectionFactory factory() throws JMSException {
    RMQConnectionFactory factory = new RMQConnectionFactory();
    factory.setUri(url);
    factory.setTrustedPackages(List.of("java.lang", "java.util", "com.rabbitmq.jms", "interop.jms"));
    // As the connection's own queue is exclusive, whoever replies must not declare it.
    factory.setDeclareReplyToDestination(false);
    return factory;
  }

  /** A connection that has been started. */
  Connection connection() throws JMSException {
    Connection connection = factory().createConnection();
    connection.start();
    return connection;
  }

  /** A template with a connection that it keeps. */
  JmsTemplate template() throws JMSException {
    CachingConnectionFactory connections = new CachingConnectionFactory(factory());
    factories.add(connections);
    JmsTemplate template = new JmsTemplate(connections);
    template.setReceiveTimeout(RECEIVE_LIMIT_MS);
    return template;
  }

  /** A container for a queue, or for a topic after setPubSubDomain; not started. */
  DefaultMessageListenerContainer container(String destination) throws JMSException {
    DefaultMessageListenerContainer container = new DefaultMessageListenerContainer();
    container.setConnectionFactory(factory());
    container.setDestinationName(destination);
    // What a listener throws is part of the checks, and not to be printed.
    container.setErrorHandler(error -> {});
    return container;
  }

  static void start(DefaultMessageListenerContainer container) {
    container.afterPropertiesSet();
    container.start();
  }

  /** A listener that keeps the texts. */
  static MessageListener adding(Queue<String> texts) {
    return message -> {
      try {
        texts.add(((TextMessage) message).getText());
      } catch (JMSException error) {
        throw new IllegalStateException(error);
      }
    };
  }

  /** Messages that are ready in the queue of a JMS queue or of a durable subscription. */
  long ready(String name) throws IOException, TimeoutException {
    try (var connection = amqp.newConnection();
        Channel channel = connection.createChannel()) {
      return channel.messageCount(name);
    }
  }

  /** Closes templates and deletes what was named; how many messages were left. */
  int deleteAll() throws IOException, TimeoutException {
    factories.forEach(CachingConnectionFactory::destroy);
    int left = 0;
    try (var connection = amqp.newConnection();
        Channel channel = connection.createChannel()) {
      for (String queue : queues) {
        left += channel.queueDelete(queue).getMessageCount();
      }
    }
    return left;
  }
}
