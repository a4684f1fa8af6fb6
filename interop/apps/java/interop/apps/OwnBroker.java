package interop.apps;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A broker of the application's own, to be killed under it: see interop/runner/control.ts. One
 * socket, one line a request; the runner ends the broker when the socket closes.
 */
public final class OwnBroker implements AutoCloseable {
  private final Socket socket;
  private final BufferedReader lines;

  /** Throws Skip where there is no control port. */
  public OwnBroker() throws IOException, Report.Skip {
    String control = System.getenv("INTEROP_CONTROL");
    if (control == null || control.isEmpty()) {
      throw new Report.Skip("the runner did not start this broker, so it cannot kill it");
    }
    String[] address = control.split(":");
    socket = new Socket(address[0], Integer.parseInt(address[1]));
    lines = new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts it, for the first time or again; gives its URL. */
  public String start() throws IOException {
    return ask("start");
  }

  /** Kills it with SIGKILL; returns when the process is gone. */
  public void kill() throws IOException {
    ask("kill");
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String ask(String request) throws IOException {
    socket.getOutputStream().write((request + "\n").getBytes(StandardCharsets.UTF_8));
    String answer = lines.readLine();
    if (answer == null || !answer.startsWith("ok")) {
      throw new IOException("broker control: " + answer);
    }
    return answer.substring("ok".length()).strip();
  }
}
