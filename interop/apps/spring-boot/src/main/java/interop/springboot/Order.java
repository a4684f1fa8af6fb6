package interop.springboot;

import java.util.List;

/** What the messages carry, as JSON. */
public record Order(int number, String customer, List<String> items) {}
