package interop.scenarios;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.ShutdownSignalException;
import interop.harness.Check;
import interop.harness.Context;

/** Why the broker closed a channel or a connection, as the client reports it. */
record Refusal(int code, String text) {
  /** Does what the broker must refuse, and gives its reason. */
  static Refusal of(Context.Action action) throws Exception {
    try {
      action.run();
    } catch (Exception thrown) {
      return reported(thrown);
    }
    throw new AssertionError("not refused");
  }

  /** Finds the reason in what the client throws, or hands to a listener. */
  static Refusal reported(Exception thrown) throws Exception {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof ShutdownSignalException signal) {
        Method reason = signal.getReason();
        if (reason instanceof AMQP.Channel.Close close) {
          return new Refusal(close.getReplyCode(), close.getReplyText());
        }
        if (reason instanceof AMQP.Connection.Close close) {
          return new Refusal(close.getReplyCode(), close.getReplyText());
        }
      }
    }
    throw thrown;
  }

  void expect(int expectedCode, String expectedText) {
    Check.equal(text, expectedText, "reply text");
    Check.equal(code, expectedCode, "reply code");
  }
}
