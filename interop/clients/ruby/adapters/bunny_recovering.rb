# frozen_string_literal: true

# A connection that Bunny itself brings back, with its channel, its queue and the consumer on it;
# see scenarios/recovering.rb.

require 'bunny'
require 'logger'
require_relative '../port'

class BunnyRecovering
  def initialize(url, queue)
    @queue = queue
    @recoveries = 0
    @attempts = 0
    @session = Bunny.new(url, network_recovery_interval: 0.1, logger: Logger.new(nil))
    @session.before_recovery_attempt_starts { @attempts += 1 }
    @session.after_recovery_completed { @recoveries += 1 }
    @session.start
    @channel = @session.create_channel
    @channel.confirm_select
    @channel.queue(queue).subscribe { |_info, _properties, body| yield body }
  end

  # Whether the client has noticed that the connection is gone.
  def lost? = @attempts.positive?

  # Whether a publish waits for the recovery.
  def waiting? = @waiting

  # Returns when the broker has confirmed, however long that takes.
  def publish(body)
    recoveries = @recoveries
    @channel.basic_publish(body.b, '', @queue)
    @channel.wait_for_confirms || raise('not confirmed')
  rescue Bunny::ConnectionClosedError
    @waiting = true
    Port.wait_until(Float::INFINITY) { @recoveries > recoveries }
    retry
  end

  def close = @session.close
end
