package interop.jms;

import static interop.apps.Check.equal;
import static interop.apps.Check.until;

import jakarta.jms.JMSException;
import jakarta.jms.MessageListener;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.springframework.jms.core.JmsTemplate;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** Spring's listener container, with each way to acknowledge. */
final class ContainerChecks {
  private static final int MANY = 300;

  private final Link link;
  private final JmsTemplate template;

  /** A message as a listener saw it. */
  private record Seen(String text, boolean redelivered) {}

  ContainerChecks(Link link) throws Exception {
    this.link = link;
    template = link.template();
  }

  void automatically() throws Exception {
    String queue = link.name("auto");
    var container = link.container(queue);
    container.setSessionAcknowledgeMode(Session.AUTO_ACKNOWLEDGE);
    container.setConcurrentConsumers(3);
    Queue<Seen> seen = listen(container, 0);
    try {
      for (int number = 0; number < MANY; number++) {
        template.convertAndSend(queue, String.valueOf(number));
      }
      until(() -> seen.size() == MANY);
    } finally {
      container.shutdown();
    }
    List<Integer> numbers = new ArrayList<>();
    seen.forEach(each -> numbers.add(Integer.valueOf(each.text())));
    Collections.sort(numbers);
    equal(numbers, IntStream.range(0, MANY).boxed().toList(), "numbers");
    equal(link.ready(queue), 0L, "left");
  }

  void byClient() throws Exception {
    var container = link.container(link.name("client"));
    container.setSessionAcknowledgeMode(Session.CLIENT_ACKNOWLEDGE);
    failsOnce(container);
  }

  void duplicatesAllowed() throws Exception {
    String queue = link.name("dups-ok");
    var container = link.container(queue);
    container.setSessionAcknowledgeMode(Session.DUPS_OK_ACKNOWLEDGE);
    Queue<Seen> seen = listen(container, 0);
    try {
      template.convertAndSend(queue, "text");
      until(() -> seen.contains(new Seen("text", false)));
    } finally {
      container.shutdown();
    }
    equal(link.ready(queue), 0L, "left");
  }

  void transacted() throws Exception {
    var container = link.container(link.name("transacted"));
    container.setSessionTransacted(true);
    failsOnce(container);
  }

  /** The listener throws at its first message, which then comes again. */
  private void failsOnce(DefaultMessageListenerContainer container) throws Exception {
    String queue = container.getDestinationName();
    Queue<Seen> seen = listen(container, 1);
    try {
      template.convertAndSend(queue, "one");
      until(() -> seen.size() == 2);
      template.convertAndSend(queue, "two");
      until(() -> seen.size() == 3);
    } finally {
      container.shutdown();
    }
    equal(
        List.copyOf(seen),
        List.of(new Seen("one", false), new Seen("one", true), new Seen("two", false)),
        "seen");
    equal(link.ready(queue), 0L, "left");
  }

  /** Starts a container whose listener throws that often; what it gets. */
  private static Queue<Seen> listen(DefaultMessageListenerContainer container, int failures) {
    Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    container.setMessageListener(
        (MessageListener)
            message -> {
              try {
                seen.add(
                    new Seen(((TextMessage) message).getText(), message.getJMSRedelivered()));
              } catch (JMSException error) {
                throw new IllegalStateException(error);
              }
              if (seen.size() <= failures) {
                throw new IllegalStateException("not this time");
              }
            });
    Link.start(container);
    return seen;
  }
}
