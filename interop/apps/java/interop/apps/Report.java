package interop.apps;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs assertions, each with a time limit of its own, and prints a line for each. */
public final class Report {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int LONGEST_REASON = 500;

  /** One assertion; it fails by throwing. */
  @FunctionalInterface
  public interface Step {
    void run() throws Exception;
  }

  /** Thrown for what this run gives no way to show. */
  public static final class Skip extends Exception {
    private static final long serialVersionUID = 1;

    public Skip(String reason) {
      super(reason);
    }
  }

  private int failed;

  public Report(String app, String version) {
    print("# app " + app + " " + version);
  }

  public void check(String what, Step step) {
    check(what, LIMIT, step);
  }

  public void check(String what, Duration limit, Step step) {
    ExecutorService thread = Executors.newSingleThreadExecutor(Report::daemon);
    try {
      thread.submit(() -> {
        step.run();
        return null;
      }).get(limit.toMillis(), TimeUnit.MILLISECONDS);
      print("ok " + what);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof Skip skip) {
        print("skip " + what + " - " + skip.getMessage());
      } else {
        fail(what, error.getCause().toString());
      }
    } catch (TimeoutException error) {
      fail(what, "no end after " + limit.toSeconds() + " s");
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      fail(what, "interrupted");
    } finally {
      thread.shutdownNow();
    }
  }

  /** The program's exit code. */
  public int exitCode() {
    return failed == 0 ? 0 : 1;
  }

  private void fail(String what, String reason) {
    failed++;
    String line = String.join(" ", reason.strip().split("\\s+"));
    print("not ok " + what + " - " + line.substring(0, Math.min(line.length(), LONGEST_REASON)));
  }

  // A step that hangs is not to keep the program from ending.
  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "check");
    thread.setDaemon(true);
    return thread;
  }

  private static void print(String line) {
    System.out.println(line);
  }
}
