package interop.jms;

import com.rabbitmq.jms.admin.RMQConnectionFactory;
import interop.apps.Check;
import interop.apps.Report;
import java.time.Duration;

/**
 * Shows check by check what Spring and JMS do over the broker of INTEROP_URL, and ends with exit
 * code 1 when something does not work.
 */
public final class Main {
  /** Two starts of a RabbitMQ are in it. */
  private static final Duration KILL_LIMIT = Duration.ofSeconds(90);

  private Main() {}

  public static void main(String[] args) throws Exception {
    String run = "interop-jms-" + ProcessHandle.current().pid();
    String version = RMQConnectionFactory.class.getPackage().getImplementationVersion();
    Report report = new Report("jms", version);
    Link link = new Link(System.getenv("INTEROP_URL"), run);
    queues(report, new QueueChecks(link));
    sessions(report, new SessionChecks(link));
    containers(report, new ContainerChecks(link));
    topics(report, new TopicChecks(link));
    selectors(report, new SelectorChecks(link));
    report.check(
        "all was acknowledged: the queues are empty",
        () -> Check.equal(link.deleteAll(), 0, "messages left"));
    System.exit(report.exitCode());
  }

  private static void queues(Report report, QueueChecks checks) {
    report.check("JmsTemplate: 200 messages, sent and received in order", checks::inOrder);
    report.check("text messages, empty, beyond ASCII and of 500 kB", checks::text);
    report.check("a bytes message of 300 kB", checks::bytes);
    report.check("a map message", checks::map);
    report.check("a stream message", checks::stream);
    report.check("an object message", checks::object);
    report.check("JMS headers, and properties of all types", checks::properties);
    report.check("a queue browser sees all messages and takes none", checks::browser);
    report.check("requests are replied to over temporary queues", checks::reply);
  }

  private static void sessions(Report report, SessionChecks checks) {
    report.check("transacted: a send that is rolled back does not happen", checks::rolledBackSend);
    report.check("transacted: what was received and rolled back comes again",
        checks::rolledBackReceive);
    report.check("CLIENT_ACKNOWLEDGE: recover, redelivered, one ack for all", checks::recovered);
    report.check("CLIENT_ACKNOWLEDGE: without it, the next connection gets the message",
        checks::notAcknowledged);
  }

  private static void containers(Report report, ContainerChecks checks) {
    report.check("container, AUTO_ACKNOWLEDGE: 300 messages to three consumers",
        checks::automatically);
    report.check("container, CLIENT_ACKNOWLEDGE: the listener throws, redelivered",
        checks::byClient);
    report.check("container, DUPS_OK_ACKNOWLEDGE", checks::duplicatesAllowed);
    report.check("container, transacted: the listener throws, redelivered", checks::transacted);
  }

  private static void topics(Report report, TopicChecks checks) {
    report.check("topic: every subscriber gets every message", checks::everybody);
    report.check("topic: a durable subscriber gets what came while it was away",
        checks::durable);
    report.check("topic: two consumers share a subscription", checks::shared);
  }

  private static void selectors(Report report, SelectorChecks checks) {
    report.check("selectors: consumers of a topic get what theirs is true of", checks::chosen);
    report.check("selectors: a consumer of another topic gets nothing", checks::apart);
    report.check("selectors: one that cannot be read is refused, the session goes on",
        checks::refused);
    report.check("selectors: a durable subscriber gets what it chose while it was away; another"
        + " selector begins anew", checks::durable);
    report.check("selectors: two consumers share a durable subscription", checks::shared);
    report.check("selectors: a container with a durable subscription", checks::container);
    report.check("selectors: kept when the broker is killed and restarted", KILL_LIMIT,
        checks::killed);
  }
}
