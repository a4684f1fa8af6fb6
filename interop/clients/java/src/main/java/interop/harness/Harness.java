package interop.harness;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the shared scenarios with one client and reports each on a line of its own: {@code ok name},
 * {@code not ok name - reason}, {@code skip name - reason}. Which ones they are
 * comes in INTEROP_SCENARIOS. Every scenario has a time limit; what it opened is closed after it.
 * Nothing here knows a client.
 */
public final class Harness {
  private static final int CLOSE_LIMIT_SECONDS = 3;
  private static final int REASON_LENGTH = 500;

  private Harness() {}

  /** Runs all scenarios that are asked for; gives the exit code: 1 when one of them failed. */
  public static int run(String client, String version, Map<String, Scenario> scenarios) {
    // Whatever the locale: reasons have names beyond ASCII in them.
    System.setOut(
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    System.out.println("# client " + client + " " + version);
    int code = 0;
    for (String name : System.getenv("INTEROP_SCENARIOS").split(" ")) {
      Scenario scenario = scenarios.get(name);
      String line = "not ok " + name + " - not written for this language";
      if (scenario != null) {
        Context context = new Context(client, name);
        line = outcome(name, context, scenario);
        cleanUp(name, context);
      }
      System.out.println(line);
      if (line.startsWith("not ok")) {
        code = 1;
      }
    }
    return code;
  }

  /** The line to report. A scenario that is over its time is left to what is closed under it. */
  private static String outcome(String name, Context context, Scenario scenario) {
    CompletableFuture<Void> done = start(name, () -> scenario.run(context));
    while (true) {
      try {
        done.get(Math.max(context.timeLeft().toMillis(), 1), TimeUnit.MILLISECONDS);
        return "ok " + name;
      } catch (TimeoutException timeout) {
        if (context.timeLeft().compareTo(Duration.ZERO) <= 0) {
          return "not ok " + name + " - no end after " + Context.limitSeconds() + " s";
        }
      } catch (ExecutionException thrown) {
        Throwable cause = thrown.getCause();
        boolean isSkip = cause instanceof Skip;
        return (isSkip ? "skip " : "not ok ") + name + " - " + reason(cause);
      } catch (InterruptedException interrupt) {
        return "not ok " + name + " - interrupted";
      }
    }
  }

  private static void cleanUp(String name, Context context) {
    for (Context.Action action = context.nextCleanup();
        action != null;
        action = context.nextCleanup()) {
      try {
        start(name + ", after", action).get(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException thrown) {
        System.out.println("# after " + name + ": " + reason(thrown.getCause()));
      } catch (TimeoutException | InterruptedException late) {
        System.out.println("# after " + name + ": no end after " + CLOSE_LIMIT_SECONDS + " s");
      }
    }
  }

  /** Runs an action on a thread of its own, which does not keep the program running. */
  private static CompletableFuture<Void> start(String name, Context.Action action) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                action.run();
                done.complete(null);
              } catch (Throwable thrown) {
                done.completeExceptionally(thrown);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  private static String reason(Throwable thrown) {
    boolean isPlain = thrown instanceof Skip || thrown instanceof AssertionError;
    StringBuilder text = new StringBuilder(isPlain ? thrown.getMessage() : thrown.toString());
    for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
      text.append(", caused by ").append(cause);
    }
    String line = text.toString().replaceAll("\\s+", " ");
    return line.substring(0, Math.min(line.length(), REASON_LENGTH));
  }
}
