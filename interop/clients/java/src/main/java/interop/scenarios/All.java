package interop.scenarios;

import interop.harness.Scenario;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Every scenario by its name. */
public final class All {
  public static final Map<String, Scenario> SCENARIOS =
      List.of(
              Connecting.SCENARIOS,
              Routing.SCENARIOS,
              Publishing.SCENARIOS,
              Consuming.SCENARIOS,
              Content.SCENARIOS,
              Failing.SCENARIOS,
              Extensions.SCENARIOS,
              Recovering.SCENARIOS)
          .stream()
          .flatMap(some -> some.entrySet().stream())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private All() {}
}
