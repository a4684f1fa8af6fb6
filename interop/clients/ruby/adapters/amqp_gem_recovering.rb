# frozen_string_literal: true

# A connection that the amqp gem itself brings back, with its channel, its queue and the consumer on
# it; see scenarios/recovering.rb. Confirm mode is the program's to bring back.

require 'amqp'
require_relative '../port'

class AmqpGemRecovering
  RECONNECT_SECONDS = 0.1

  def initialize(url, queue, &listener)
    @queue = queue
    @losses = 0
    @recoveries = 0
    @confirms = 0
    @reactor = AmqpGemReactor.new(10)
    @session = @reactor.call { |answers| connect(url, answers) }
    @channel = @reactor.call { |answers| AMQP::Channel.new(@session) { |raw| answers << raw } }
    @reactor.call { |answers| select_confirms { answers << true } }
    @channel.on_recovery { select_confirms { @recoveries += 1 } }
    consume(&listener)
  end

  # Whether the client has noticed that the connection is gone.
  def lost? = @losses.positive?

  # Whether a publish waits for the recovery.
  def waiting? = @waiting

  # Returns when the broker has confirmed, however long that takes.
  def publish(body)
    confirms = @confirms
    recoveries = @recoveries
    lost_before = lost?
    @reactor.call do |answers|
      @channel.default_exchange.publish(body.b, routing_key: @queue)
      answers << true
    end
    @waiting = lost_before
    Port.wait_until(Float::INFINITY) { @confirms > confirms || @recoveries > recoveries }
    publish(body) if @confirms == confirms
  end

  def close = @reactor.call { |answers| @session.disconnect { answers << true } }

  private

  def connect(url, answers)
    session = AMQP.connect(url, auto_recovery: true) { |opened| answers << opened }
    session.on_tcp_connection_loss do
      @losses += 1
      session.reconnect(false, RECONNECT_SECONDS)
    end
  end

  # The gem forgets both with the connection.
  def select_confirms(&selected)
    @channel.on_ack { @confirms += 1 }
    @channel.confirm_select(&selected)
  end

  def consume
    @reactor.call do |answers|
      queue = @channel.queue(@queue)
      queue.subscribe(confirm: ->(_ok) { answers << true }) { |_header, body| yield body }
    end
  end
end
