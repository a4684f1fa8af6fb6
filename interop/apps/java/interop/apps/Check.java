package interop.apps;

import java.util.Objects;
import java.util.concurrent.Callable;

/** Assertions that show both sides, and waiting for what happens elsewhere. */
public final class Check {
  private static final long POLL_MS = 20;

  private Check() {}

  public static void equal(Object actual, Object expected, String what) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(what + ": expected " + expected + ", got " + actual);
    }
  }

  public static void holds(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  /** Waits for a condition; the time limit of the step ends it by an interrupt. */
  public static void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Thread.sleep(POLL_MS);
    }
  }
}
