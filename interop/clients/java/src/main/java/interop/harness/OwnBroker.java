package interop.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Asks the runner for a broker that only this scenario uses, to be blocked, killed and started
 * again on the same port under the client: one socket, one line a request. The runner ends the
 * broker when the socket closes. What a broker takes to start is no matter of the client's: there
 * is a limit for each request, and the scenario's stands still.
 */
public final class OwnBroker {
  private static final int ANSWER_LIMIT_MS = 60_000;

  private final Context context;
  private final Socket socket;
  private final BufferedReader lines;

  OwnBroker(Context context, String address) throws IOException {
    String[] parts = address.split(":");
    this.context = context;
    socket = new Socket(parts[0], Integer.parseInt(parts[1]));
    socket.setSoTimeout(ANSWER_LIMIT_MS);
    lines =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts it, for the first time or again; gives its URL. */
  public String start() throws IOException {
    return ask("start");
  }

  /** Kills it with SIGKILL; returns when the process is gone. */
  public void kill() throws IOException {
    ask("kill");
  }

  /** Raises its memory alarm. */
  public void block() throws IOException {
    ask("block");
  }

  /** Clears its memory alarm. */
  public void unblock() throws IOException {
    ask("unblock");
  }

  void close() throws IOException {
    socket.close();
  }

  private String ask(String request) throws IOException {
    context.pause();
    try {
      socket.getOutputStream().write((request + "\n").getBytes(StandardCharsets.UTF_8));
      String answer = lines.readLine();
      Check.that(answer != null && answer.startsWith("ok"), "broker control: " + answer);
      return answer.substring("ok".length()).trim();
    } finally {
      context.resume();
    }
  }
}
