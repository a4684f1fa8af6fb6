package interop.harness;

/** One of the shared scenarios; what it throws is its failure, or that it is skipped. */
@FunctionalInterface
public interface Scenario {
  void run(Context t) throws Exception;
}
