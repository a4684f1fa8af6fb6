package interop.jms;

import static interop.apps.Check.equal;
import static interop.apps.Check.holds;
import static interop.apps.Check.until;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** Topics without selectors. */
final class TopicChecks {
  private static final int RECEIVE_LIMIT_MS = 10_000;
  private static final List<String> TEXTS = List.of("one", "two", "three");

  private final Link link;

  TopicChecks(Link link) {
    this.link = link;
  }

  /** Two containers get every message, one on another topic gets none. */
  void everybody() throws Exception {
    String topic = link.name("news");
    JmsTemplate template = link.template();
    template.setPubSubDomain(true);
    List<DefaultMessageListenerContainer> containers = new ArrayList<>();
    List<Queue<String>> seen = new ArrayList<>();
    for (String name : List.of(topic, topic, link.name("other-news"))) {
      Queue<String> texts = new ConcurrentLinkedQueue<>();
      seen.add(texts);
      containers.add(subscribe(name, texts));
    }
    try {
      for (DefaultMessageListenerContainer container : containers) {
        until(container::isRegisteredWithDestination);
      }
      TEXTS.forEach(text -> template.convertAndSend(topic, text));
      until(() -> seen.get(0).size() == TEXTS.size() && seen.get(1).size() == TEXTS.size());
    } finally {
      containers.forEach(DefaultMessageListenerContainer::shutdown);
    }
    equal(List.copyOf(seen.get(0)), TEXTS, "first subscriber");
    equal(List.copyOf(seen.get(1)), TEXTS, "second subscriber");
    equal(List.copyOf(seen.get(2)), List.of(), "subscriber of another topic");
  }

  /** What is published while a durable subscriber is away waits for it. */
  void durable() throws Exception {
    String subscription = link.name("subscription");
    String name = link.name("magazine");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = session.createTopic(name);
      try (MessageProducer producer = session.createProducer(topic)) {
        session.createDurableSubscriber(topic, subscription).close();
        for (String text : TEXTS) {
          producer.send(session.createTextMessage(text));
        }
        try (MessageConsumer subscriber = session.createDurableSubscriber(topic, subscription)) {
          for (String text : TEXTS) {
            TextMessage message = (TextMessage) subscriber.receive(RECEIVE_LIMIT_MS);
            holds(message != null, text + " did not come");
            equal(message.getText(), text, "text");
          }
        }
        session.unsubscribe(subscription);
      }
    }
  }

  /** Two consumers share one subscription: each message goes to one of them. */
  void shared() throws Exception {
    String subscription = link.name("shared-subscription");
    String name = link.name("jobs");
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    try (Connection connection = link.connection();
        Session first = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session second = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session sender = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = first.createTopic(name);
      try (MessageConsumer one = first.createSharedConsumer(topic, subscription);
          MessageConsumer two = second.createSharedConsumer(topic, subscription);
          MessageProducer producer = sender.createProducer(topic)) {
        one.setMessageListener(Link.adding(seen));
        two.setMessageListener(Link.adding(seen));
        for (String text : TEXTS) {
          producer.send(sender.createTextMessage(text));
        }
        producer.send(sender.createTextMessage("last"));
        until(() -> seen.size() > TEXTS.size());
      }
    }
    List<String> sorted = seen.stream().sorted().toList();
    equal(sorted, List.of("last", "one", "three", "two"), "texts of both");
  }

  private DefaultMessageListenerContainer subscribe(String topic, Queue<String> texts)
      throws JMSException {
    DefaultMessageListenerContainer container = link.container(topic);
    container.setPubSubDomain(true);
    container.setMessageListener(Link.adding(texts));
    Link.start(container);
    return container;
  }
}
