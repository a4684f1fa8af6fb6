package interop.harness;

import java.util.Objects;

/** Asserts that show both sides. */
public final class Check {
  private Check() {}

  public static void equal(Object actual, Object expected, String what) {
    if (!Objects.equals(actual, expected)) {
      throw new AssertionError(
          what + ": expected " + described(expected) + ", got " + described(actual));
    }
  }

  public static void that(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  public static void contains(String text, String part) {
    that(text != null && text.contains(part), "expected to find '" + part + "' in '" + text + "'");
  }

  private static String described(Object value) {
    return value == null ? "null" : value.getClass().getSimpleName() + " '" + value + "'";
  }
}
