package interop.jms;

import static interop.apps.Check.equal;
import static interop.apps.Check.holds;
import static interop.apps.Check.until;

import jakarta.jms.BytesMessage;
import jakarta.jms.DeliveryMode;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.core.MessageCreator;

/** Queues: messages of all kinds, their properties, the browser, requests and replies. */
final class QueueChecks {
  private static final int MANY = 200;
  private static final int PRIORITY = 7;

  private final Link link;
  private final JmsTemplate template;

  QueueChecks(Link link) throws Exception {
    this.link = link;
    template = link.template();
  }

  void inOrder() throws Exception {
    String queue = link.name("order");
    for (int number = 0; number < MANY; number++) {
      template.convertAndSend(queue, String.valueOf(number));
    }
    for (int number = 0; number < MANY; number++) {
      equal(template.receiveAndConvert(queue), String.valueOf(number), "message");
    }
    equal(link.ready(queue), 0L, "left");
  }

  void text() throws Exception {
    for (String text : List.of("plain", "", "Grüße, 世界 🐇", "long ".repeat(100_000))) {
      TextMessage message = (TextMessage) there(session -> session.createTextMessage(text));
      equal(message.getText(), text, "text");
    }
  }

  void bytes() throws Exception {
    byte[] body = new byte[300_000];
    for (int index = 0; index < body.length; index++) {
      body[index] = (byte) index;
    }
    BytesMessage message =
        (BytesMessage)
            there(
                session -> {
                  BytesMessage sent = session.createBytesMessage();
                  sent.writeBytes(body);
                  sent.writeDouble(0.1);
                  sent.writeUTF("ü");
                  return sent;
                });
    byte[] received = new byte[body.length];
    equal(message.readBytes(received), body.length, "length");
    holds(Arrays.equals(received, body), "the bytes differ");
    equal(message.readDouble(), 0.1, "double");
    equal(message.readUTF(), "ü", "text");
  }

  void map() throws Exception {
    MapMessage message =
        (MapMessage)
            there(
                session -> {
                  MapMessage sent = session.createMapMessage();
                  sent.setString("name", "Zoë");
                  sent.setLong("long", Long.MIN_VALUE);
                  sent.setBoolean("yes", true);
                  sent.setBytes("bytes", new byte[] {1, 2, 3});
                  return sent;
                });
    equal(message.getString("name"), "Zoë", "text");
    equal(message.getLong("long"), Long.MIN_VALUE, "long");
    equal(message.getBoolean("yes"), true, "boolean");
    holds(Arrays.equals(message.getBytes("bytes"), new byte[] {1, 2, 3}), "the bytes differ");
  }

  void stream() throws Exception {
    StreamMessage message =
        (StreamMessage)
            there(
                session -> {
                  StreamMessage sent = session.createStreamMessage();
                  sent.writeInt(42);
                  sent.writeString("and more");
                  sent.writeFloat(1.5f);
                  return sent;
                });
    equal(message.readInt(), 42, "int");
    equal(message.readString(), "and more", "text");
    equal(message.readFloat(), 1.5f, "float");
  }

  void object() throws Exception {
    Parcel parcel = new Parcel("Alte Gasse 1", List.of(3, 14, 15));
    Message message = there(session -> session.createObjectMessage(parcel));
    equal(((ObjectMessage) message).getObject(), parcel, "object");
  }

  void properties() throws Exception {
    String queue = link.name("properties");
    JmsTemplate explicit = link.template();
    explicit.setExplicitQosEnabled(true);
    explicit.setPriority(PRIORITY);
    explicit.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
    explicit.send(
        queue,
        session -> {
          Message sent = session.createMessage();
          sent.setJMSCorrelationID("correlated");
          sent.setJMSType("a type");
          sent.setStringProperty("text", "Zoë");
          sent.setBooleanProperty("yes", true);
          sent.setByteProperty("byte", Byte.MIN_VALUE);
          sent.setShortProperty("short", Short.MIN_VALUE);
          sent.setIntProperty("int", Integer.MIN_VALUE);
          sent.setLongProperty("long", Long.MIN_VALUE);
          sent.setFloatProperty("float", 1.5f);
          sent.setDoubleProperty("double", 0.1);
          return sent;
        });
    Message message = template.receive(queue);
    equal(message.getJMSCorrelationID(), "correlated", "JMSCorrelationID");
    equal(message.getJMSType(), "a type", "JMSType");
    equal(message.getJMSPriority(), PRIORITY, "JMSPriority");
    equal(message.getJMSDeliveryMode(), DeliveryMode.NON_PERSISTENT, "JMSDeliveryMode");
    equal(message.getJMSRedelivered(), false, "JMSRedelivered");
    holds(message.getJMSMessageID().startsWith("ID:"), "id " + message.getJMSMessageID());
    holds(message.getJMSTimestamp() > 0, "timestamp " + message.getJMSTimestamp());
    equal(message.getStringProperty("text"), "Zoë", "text");
    equal(message.getBooleanProperty("yes"), true, "boolean");
    equal(message.getByteProperty("byte"), Byte.MIN_VALUE, "byte");
    equal(message.getShortProperty("short"), Short.MIN_VALUE, "short");
    equal(message.getIntProperty("int"), Integer.MIN_VALUE, "int");
    equal(message.getLongProperty("long"), Long.MIN_VALUE, "long");
    equal(message.getFloatProperty("float"), 1.5f, "float");
    equal(message.getDoubleProperty("double"), 0.1, "double");
  }

  /** The browser gets what is in the queue and gives it back: all is there after it. */
  void browser() throws Exception {
    String queue = link.name("browsed");
    List<String> texts = List.of("one", "two", "three");
    texts.forEach(text -> template.convertAndSend(queue, text));
    for (int round = 0; round < 2; round++) {
      // Neither what is sent nor what is given back is waited for by the client.
      until(() -> link.ready(queue) == texts.size());
      List<String> seen =
          template.browse(
              queue,
              (session, browser) -> {
                List<String> found = new ArrayList<>();
                Enumeration<?> messages = browser.getEnumeration();
                while (messages.hasMoreElements()) {
                  found.add(((TextMessage) messages.nextElement()).getText());
                }
                return found;
              });
      equal(seen, texts, "browsed");
    }
    for (String text : texts) {
      equal(template.receiveAndConvert(queue), text, "received");
    }
  }

  /** The reply comes to a temporary queue, from a connection that it does not belong to. */
  void reply() throws Exception {
    String queue = link.name("requests");
    var server = link.container(queue);
    JmsTemplate replies = link.template();
    server.setMessageListener(
        (jakarta.jms.MessageListener)
            request -> {
              try {
                String text = ((TextMessage) request).getText();
                holds(request.getJMSReplyTo() instanceof TemporaryQueue, "not temporary");
                replies.convertAndSend(request.getJMSReplyTo(), text.toUpperCase());
              } catch (jakarta.jms.JMSException error) {
                throw new IllegalStateException(error);
              }
            });
    Link.start(server);
    try {
      for (String text : List.of("one", "two", "three")) {
        Message reply = template.sendAndReceive(queue, session -> session.createTextMessage(text));
        holds(reply != null, "no reply to " + text);
        equal(((TextMessage) reply).getText(), text.toUpperCase(), "reply");
      }
    } finally {
      server.shutdown();
    }
  }

  /** Sends a message to a queue and receives it from there. */
  private Message there(MessageCreator creator) {
    String queue = link.name("kinds");
    template.send(queue, creator);
    Message message = template.receive(queue);
    holds(message != null, "nothing came");
    return message;
  }
}
