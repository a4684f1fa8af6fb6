package interop.springboot;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** The names of what the application declares in the broker; no other run has them. */
@Component("names")
public class Names {
  private final String run;

  Names(@Value("${app.run}") String run) {
    this.run = run;
  }

  public String ordersExchange() {
    return run + ".orders-exchange";
  }

  public String orders() {
    return run + ".orders";
  }

  /** Its listener succeeds at the third try. */
  public String flaky() {
    return run + ".flaky";
  }

  /** Its listener never succeeds. */
  public String poison() {
    return run + ".poison";
  }

  public String errorExchange() {
    return run + ".error-exchange";
  }

  /** Where messages go that were tried too often. */
  public String errors() {
    return run + ".errors";
  }

  public String squares() {
    return run + ".squares";
  }

  /** Its listener acknowledges by hand. */
  public String manual() {
    return run + ".manual";
  }

  /** Is deleted under its listener. */
  public String deleted() {
    return run + ".deleted";
  }

  /** Nobody listens. */
  public String kept() {
    return run + ".kept";
  }
}
