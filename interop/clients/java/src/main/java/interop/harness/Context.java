package interop.harness;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a scenario works with: names, clean-up, notes, a broker of its own. */
public final class Context {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** Something to be done after a scenario. */
  @FunctionalInterface
  public interface Action {
    void run() throws Exception;
  }

  /** The URL amqp://user:password@host:port, without a path. */
  public final String url = System.getenv("INTEROP_URL");

  /** Unique to this run and scenario: the stem of all names that it declares. */
  public final String name;

  private final String scenario;
  private final Deque<Action> cleanups = new ArrayDeque<>();
  private Instant deadline = Instant.now().plus(LIMIT);
  private Instant paused;

  Context(String client, String scenario) {
    this.scenario = scenario;
    name = "interop." + client + "." + ProcessHandle.current().pid() + "." + scenario;
  }

  /** Runs an action after the scenario, whatever came of it. */
  public synchronized void after(Action action) {
    cleanups.push(action);
  }

  /** Reports what this client could not be asked to do. */
  public void note(String text) {
    System.out.println("# note " + scenario + " - " + text);
  }

  /** A broker of the scenario's own, not started yet; skips where there is none. */
  public OwnBroker ownBroker() throws IOException {
    String address = System.getenv("INTEROP_CONTROL");
    if (address == null || address.isEmpty()) {
      throw new Skip("the runner did not start this broker, so it cannot kill it");
    }
    OwnBroker broker = new OwnBroker(this, address);
    after(broker::close);
    return broker;
  }

  /** The next clean-up to run, the last asked for first; null when there is none. */
  synchronized Action nextCleanup() {
    return cleanups.poll();
  }

  /** The rest of the scenario's time limit. */
  synchronized Duration timeLeft() {
    return Duration.between(paused == null ? Instant.now() : paused, deadline);
  }

  /** Lets the time limit stand still until {@link #resume}. */
  synchronized void pause() {
    paused = Instant.now();
  }

  synchronized void resume() {
    deadline = deadline.plus(Duration.between(paused, Instant.now()));
    paused = null;
  }

  static long limitSeconds() {
    return LIMIT.toSeconds();
  }
}
