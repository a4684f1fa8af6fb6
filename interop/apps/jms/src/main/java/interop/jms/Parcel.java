package interop.jms;

import java.io.Serializable;
import java.util.List;

/** What an object message carries. */
record Parcel(String address, List<Integer> weights) implements Serializable {}
