package interop.springboot;

import interop.apps.Report;
import java.time.Duration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Starts the application, shows check by check what works over the broker of INTEROP_URL, and ends
 * with exit code 1 when something does not.
 */
@SpringBootApplication
public class Application {
  /** A RabbitMQ takes its time to start on a busy machine, twice. */
  private static final Duration BROKER_LIMIT = Duration.ofSeconds(120);

  public static void main(String[] args) {
    Report report = new Report("spring-boot", SpringBootVersion.getVersion());
    try (var context = SpringApplication.run(Application.class, args)) {
      show(report, context.getBean(Checks.class));
    }
    report.check(
        "a container comes back, with its queue, after its broker was killed and started again",
        BROKER_LIMIT,
        BrokerKilled::run);
    System.exit(report.exitCode());
  }

  private static void show(Report report, Checks checks) {
    report.check("RabbitAdmin declares queues, exchanges and bindings", checks::topology);
    report.check("@RabbitListener gets an object that was sent as JSON", checks::json);
    report.check("two consumers of a listener get 1,000 messages, each once", checks::many);
    report.check("stateless retries: done at the third try of one delivery", checks::retried);
    report.check("retries used up: RepublishMessageRecoverer, error queue", checks::recovered);
    report.check("manual acks: nacked, delivered again, acked", checks::manualAck);
    report.check("convertSendAndReceive over direct reply-to, 20 times", checks::reply);
    report.check("correlated confirms: one, and 1,000 outstanding", checks::confirmed);
    report.check("returns: unroutable, 312 NO_ROUTE, and confirmed", checks::returned);
    report.check("a missing exchange is a nack, and the template goes on",
        checks::missingExchange);
    report.check("its queue deleted and declared again: the listener is back",
        checks::queueDeleted);
    report.check("a container stopped and started gets what came meanwhile",
        checks::containerRestarted);
    report.check("all was acknowledged: the queues are empty", checks::cleanUp);
  }
}
