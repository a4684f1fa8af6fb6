package interop.jms;

import static interop.apps.Check.equal;
import static interop.apps.Check.holds;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.List;

/** Sessions by plain JMS: what commit, rollback, acknowledge and recover do. */
final class SessionChecks {
  private static final int RECEIVE_LIMIT_MS = 10_000;
  private static final List<String> TEXTS = List.of("one", "two", "three");

  private final Link link;

  SessionChecks(Link link) {
    this.link = link;
  }

  void rolledBackSend() throws Exception {
    String queue = link.name("tx-send");
    try (Connection connection = link.connection();
        Session session = connection.createSession(true, Session.SESSION_TRANSACTED)) {
      send(session, queue, "forgotten");
      session.rollback();
      send(session, queue, "kept");
      equal(link.ready(queue), 0L, "messages before the commit");
      session.commit();
      equal(link.ready(queue), 1L, "messages after the commit");
      try (MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
        equal(receive(consumer).getText(), "kept", "text");
        session.commit();
      }
    }
    equal(link.ready(queue), 0L, "left");
  }

  void rolledBackReceive() throws Exception {
    String queue = link.name("tx-receive");
    try (Connection connection = link.connection();
        Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      for (String text : TEXTS) {
        send(session, queue, text);
      }
      session.commit();
      receiveAll(consumer, false);
      session.rollback();
      receiveAll(consumer, true);
      session.commit();
    }
    equal(link.ready(queue), 0L, "left");
  }

  void recovered() throws Exception {
    String queue = link.name("recovered");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      for (String text : TEXTS) {
        send(session, queue, text);
      }
      receiveAll(consumer, false);
      session.recover();
      TextMessage last = receiveAll(consumer, true);
      // One for all that the session has received.
      last.acknowledge();
    }
    equal(link.ready(queue), 0L, "left");
  }

  void notAcknowledged() throws Exception {
    String queue = link.name("not-acknowledged");
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      send(session, queue, "again");
      equal(receive(consumer).getText(), "again", "text");
    }
    try (Connection connection = link.connection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue))) {
      TextMessage message = receive(consumer);
      equal(message.getText(), "again", "text");
      equal(message.getJMSRedelivered(), true, "JMSRedelivered");
    }
    equal(link.ready(queue), 0L, "left");
  }

  static void send(Session session, String queue, String text) throws JMSException {
    try (MessageProducer producer = session.createProducer(session.createQueue(queue))) {
      producer.send(session.createTextMessage(text));
    }
  }

  private static TextMessage receive(MessageConsumer consumer) throws JMSException {
    TextMessage message = (TextMessage) consumer.receive(RECEIVE_LIMIT_MS);
    holds(message != null, "nothing came");
    return message;
  }

  /** Receives all three, in their order; the last one. */
  private static TextMessage receiveAll(MessageConsumer consumer, boolean redelivered)
      throws JMSException {
    List<String> texts = new ArrayList<>();
    TextMessage message = null;
    for (int count = 0; count < TEXTS.size(); count++) {
      message = receive(consumer);
      texts.add(message.getText());
      equal(message.getJMSRedelivered(), redelivered, "JMSRedelivered of " + message.getText());
    }
    equal(texts, TEXTS, "texts");
    return message;
  }
}
