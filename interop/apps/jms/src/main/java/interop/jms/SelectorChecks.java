package interop.jms;

import static interop.apps.Check.equal;
import static interop.apps.Check.holds;
import static interop.apps.Check.until;

import interop.apps.OwnBroker;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/**
 * Topics with selectors: the client compiles them, and binds with them to an exchange of the type
 * x-jms-topic.
 */
final class SelectorChecks {
  private static final int RECEIVE_LIMIT_MS = 10_000;
  private static final String HEAVY_RED = "colour = 'red' AND weight > 5";
  private static final List<String> ALL = List.of("one", "two", "three", "four", "five");

  /** What is to come of `ALL`, by selector. */
  private static final Map<String, List<String>> EXPECTED =
      Map.of(
          HEAVY_RED, List.of("two", "four"),
          "weight BETWEEN 4 AND 6 OR colour IN ('blue', 'green')", List.of("one", "two", "three"),
          "colour LIKE 'b_u%' AND weight / 2 > 5", List.of("three"),
          "colour NOT LIKE 'r%'", List.of("three"),
          "NOT (weight < 6)", List.of("two", "three", "four"),
          "colour IS NULL", List.of("five"),
          "fragile = TRUE", List.of("four"),
          "weight NOT BETWEEN 4 AND 10", List.of("three"),
          "JMSType = 'letter' OR JMSPriority >= 8", List.of("two", "five"));

  private final Link link;

  SelectorChecks(Link link) {
    this.link = link;
  }

  /** Each consumer gets what its selector is true of, and one without a selector everything. */
  void chosen() throws Exception {
    String name = link.name("parcels");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = session.createTopic(name);
      Map<String, MessageConsumer> consumers = new LinkedHashMap<>();
      for (String selector : EXPECTED.keySet()) {
        consumers.put(selector, session.createConsumer(topic, selector));
      }
      MessageConsumer everything = session.createConsumer(topic);
      send(session, topic);
      receive(everything, ALL);
      // All of it has been routed by now.
      for (var consumer : consumers.entrySet()) {
        equal(waiting(consumer.getValue()), EXPECTED.get(consumer.getKey()), consumer.getKey());
      }
    }
  }

  /** Topics are kept apart: between sessions, for one session has one exchange for all of its. */
  void apart() throws Exception {
    try (Connection connection = link.connection();
        Session first = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session second = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = first.createTopic(link.name("here"));
      MessageConsumer here = first.createConsumer(topic, HEAVY_RED);
      Topic other = second.createTopic(link.name("elsewhere"));
      MessageConsumer elsewhere = second.createConsumer(other, HEAVY_RED);
      send(first, topic);
      receive(here, EXPECTED.get(HEAVY_RED));
      equal(waiting(elsewhere), List.of(), "texts of another topic");
    }
  }

  /** The client refuses a selector, and its session goes on. */
  void refused() throws Exception {
    String name = link.name("refused");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = session.createTopic(name);
      try {
        session.createConsumer(topic, "colour = 'red' AND");
        throw new AssertionError("not refused");
      } catch (InvalidSelectorException expected) {
        MessageConsumer consumer = session.createConsumer(topic, HEAVY_RED);
        send(session, topic);
        receive(consumer, EXPECTED.get(HEAVY_RED));
      }
    }
  }

  /** What is chosen waits while the subscriber is away; another selector begins anew. */
  void durable() throws Exception {
    String subscription = link.name("chosen-subscription");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = session.createTopic(link.name("chosen-magazine"));
      session.createDurableSubscriber(topic, subscription, HEAVY_RED, false).close();
      send(session, topic);
      try (MessageConsumer consumer =
          session.createDurableSubscriber(topic, subscription, HEAVY_RED, false)) {
        receive(consumer, EXPECTED.get(HEAVY_RED));
      }
      send(session, topic);
      try (MessageConsumer consumer =
          session.createDurableSubscriber(topic, subscription, "weight = 4", false)) {
        send(session, topic);
        receive(consumer, List.of("one"));
        equal(waiting(consumer), List.of(), "texts that are left");
      }
      session.unsubscribe(subscription);
    }
  }

  /** Two consumers share a durable subscription with a selector. */
  void shared() throws Exception {
    String subscription = link.name("chosen-shares");
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    try (Connection connection = link.connection();
        Session first = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session second = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Session sender = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      Topic topic = first.createTopic(link.name("chosen-jobs"));
      String selector = "weight > 5";
      try (MessageConsumer one = first.createSharedDurableConsumer(topic, subscription, selector);
          MessageConsumer two =
              second.createSharedDurableConsumer(topic, subscription, selector)) {
        one.setMessageListener(Link.adding(seen));
        two.setMessageListener(Link.adding(seen));
        send(sender, topic);
        until(() -> seen.size() >= 3);
      }
      first.unsubscribe(subscription);
    }
    equal(seen.stream().sorted().toList(), List.of("four", "three", "two"), "texts of both");
  }

  /** Spring's container, with a durable subscription and a selector. */
  void container() throws Exception {
    String topic = link.name("chosen-news");
    Queue<String> seen = new ConcurrentLinkedQueue<>();
    DefaultMessageListenerContainer container = link.container(topic);
    container.setPubSubDomain(true);
    container.setSubscriptionDurable(true);
    container.setSubscriptionName(link.name("chosen-news-subscription"));
    container.setMessageSelector(HEAVY_RED);
    container.setMessageListener(Link.adding(seen));
    Link.start(container);
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      until(container::isRegisteredWithDestination);
      send(session, session.createTopic(topic));
      until(() -> seen.size() >= 2);
    } finally {
      container.shutdown();
    }
    equal(List.copyOf(seen), EXPECTED.get(HEAVY_RED), "texts");
  }

  /** The broker is killed: a durable subscription, its selector and its messages are kept. */
  void killed() throws Exception {
    String subscription = "kept-subscription";
    String name = "kept-topic";
    try (OwnBroker broker = new OwnBroker()) {
      Link own = new Link(broker.start(), "own");
      try (Connection connection = own.connection();
          Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
        Topic topic = session.createTopic(name);
        session.createDurableSubscriber(topic, subscription, HEAVY_RED, false).close();
        send(session, topic);
        // Behind the commit, the broker may be killed.
        session.commit();
        equal(own.ready(subscription), 2L, "messages before the end");
      }
      broker.kill();
      broker.start();
      try (Connection connection = own.connection();
          Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
        Topic topic = session.createTopic(name);
        send(session, topic);
        until(() -> own.ready(subscription) == 4);
        MessageConsumer consumer =
            session.createDurableSubscriber(topic, subscription, HEAVY_RED, false);
        receive(consumer, List.of("two", "four", "two", "four"));
      }
    }
  }

  /** Publishes `ALL`. */
  private static void send(Session session, Topic topic) throws JMSException {
    try (MessageProducer producer = session.createProducer(topic)) {
      producer.send(parcel(session, "one", "red", 4));
      Message letter = parcel(session, "two", "red", 6);
      letter.setJMSType("letter");
      producer.send(letter);
      Message half = parcel(session, "three", "blue", 0);
      half.setDoubleProperty("weight", 10.5);
      producer.send(half);
      Message fragile = parcel(session, "four", "red", 7);
      fragile.setBooleanProperty("fragile", true);
      producer.send(fragile);
      producer.send(session.createTextMessage("five"), DeliveryMode.PERSISTENT, 9, 0);
    }
  }

  private static Message parcel(Session session, String text, String colour, int weight)
      throws JMSException {
    Message message = session.createTextMessage(text);
    message.setStringProperty("colour", colour);
    message.setIntProperty("weight", weight);
    return message;
  }

  private static void receive(MessageConsumer consumer, List<String> texts) throws JMSException {
    List<String> seen = new ArrayList<>();
    while (seen.size() < texts.size()) {
      Message message = consumer.receive(RECEIVE_LIMIT_MS);
      holds(message != null, "nothing more after " + seen);
      seen.add(((TextMessage) message).getText());
    }
    equal(seen, texts, "texts");
  }

  /** What is there already. */
  private static List<String> waiting(MessageConsumer consumer) throws JMSException {
    List<String> seen = new ArrayList<>();
    for (Message message = consumer.receiveNoWait();
        message != null;
        message = consumer.receiveNoWait()) {
      seen.add(((TextMessage) message).getText());
    }
    return seen;
  }
}
