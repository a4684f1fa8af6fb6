package interop.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a callback of the client hands over, for a scenario to wait for. */
public final class Inbox<T> {
  private static final int LIMIT_SECONDS = 10;

  private final BlockingQueue<T> items = new LinkedBlockingQueue<>();

  public void add(T item) {
    items.add(item);
  }

  /** Waits for the next one; throws an AssertionError when none comes. */
  public T next(String what) throws InterruptedException {
    T item = items.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    Check.that(item != null, what + ": nothing after " + LIMIT_SECONDS + " s");
    return item;
  }

  /** Waits for the next {@code count}. */
  public List<T> take(int count, String what) throws InterruptedException {
    List<T> taken = new ArrayList<>();
    while (taken.size() < count) {
      taken.add(next(what));
    }
    return taken;
  }

  /** How many are there now. */
  public int size() {
    return items.size();
  }
}
