package interop.harness;

/** Thrown for what this client or this broker gives no way to do. */
public final class Skip extends RuntimeException {
  private static final long serialVersionUID = 1;

  public Skip(String reason) {
    super(reason);
  }
}
