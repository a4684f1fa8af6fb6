# frozen_string_literal: true

# Bunny: blocking calls, a thread that reads, a pool of threads for deliveries, and a recovery of
# its own. Channels are in bunny_channel.rb.

require 'bunny'
require 'logger'
require 'stringio'
require_relative '../port'
require_relative 'amq_protocol'
require_relative 'bunny_channel'
require_relative 'bunny_recovering'

class BunnyClient
  include AmqProtocol

  def name = 'bunny'

  def version = Bunny::VERSION

  def recovery_note
    'the client refuses publishes while it is disconnected; the program makes them again after ' \
      'its recovery'
  end

  def connect(url, heartbeat: :server, answer_limit: 10)
    log = StringIO.new
    losses = BunnyLosses.new
    session = Bunny.new(url, heartbeat: heartbeat, automatically_recover: false,
                             recover_from_connection_close: false, session_error_handler: losses,
                             continuation_timeout: answer_limit * 1_000,
                             logger: Logger.new(log))
    link = BunnyLink.new(session, losses)
    losses.guard { session.start }
    link
  rescue Bunny::AuthenticationFailureError => e
    # The exception does not have the server's words; the log has.
    raise "#{e.message} #{log.string}"
  end

  def recovering(url, queue, &listener) = BunnyRecovering.new(url, queue, &listener)
end

# Takes what Bunny would raise in the thread that made the session, whatever that is doing then:
# keeps the first, and raises it only in a thread that is inside a call of Bunny, so that the call
# ends at once.
class BunnyLosses
  attr_reader :first

  def initialize
    @mutex = Mutex.new
  end

  # Bunny calls this.
  def raise(error)
    @mutex.synchronize do
      @first ||= error
      @caller&.raise(error)
    end
  end

  # Runs a call of Bunny.
  def guard
    @mutex.synchronize { @caller = Thread.current }
    result = yield
    @first ? Kernel.raise(@first) : result
  ensure
    @mutex.synchronize { @caller = nil }
  end
end

class BunnyLink
  attr_reader :blockings

  def initialize(session, losses)
    @session = session
    @losses = losses
    @blockings = []
    session.on_blocked { |method| @blockings << method.reason }
    session.on_unblocked { @blockings << :unblocked }
  end

  def lost = @losses.first

  def server_properties = Port.text(@session.server_properties)

  def channel(confirm: false)
    # One thread for deliveries, and no more than a second of waiting for its end.
    raw = @losses.guard { @session.create_channel(nil, 1, false, 1) }
    channel = BunnyChannel.new(raw, @losses)
    channel.confirm_select if confirm
    channel
  end

  # Bunny takes a lost connection for an open one, and would wait for answers.
  def close
    lost ? @session.transport.close : @session.close
  end
end
