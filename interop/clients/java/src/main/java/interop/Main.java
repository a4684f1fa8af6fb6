package interop;

import com.rabbitmq.client.ConnectionFactory;
import interop.harness.Harness;
import interop.scenarios.All;

/**
 * The program of com.rabbitmq:amqp-client: runs the shared scenarios with it. The broker's URL
 * comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    // What the library tells every broker of itself.
    Object version = new ConnectionFactory().getClientProperties().get("version");
    int code = Harness.run("amqp-client", String.valueOf(version), All.SCENARIOS);
    // The client has threads that would keep the program running.
    System.exit(code);
  }
}
