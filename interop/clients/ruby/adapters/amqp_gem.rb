# frozen_string_literal: true

# The amqp gem (also called ruby-amqp): callbacks on the reactor of EventMachine, turned into
# blocking calls here. The reactor runs in a thread of its own. Channels are in
# amqp_gem_channel.rb.

require 'amqp'
require 'timeout'
require_relative '../port'
require_relative 'amq_protocol'
require_relative 'amqp_gem_channel'
require_relative 'amqp_gem_recovering'

class AmqpGemClient
  include AmqProtocol

  def name = 'ruby-amqp'

  def version = AMQP::VERSION

  def recovery_note
    'the client forgets what is published while it is disconnected; the program publishes it ' \
      'again after its recovery'
  end

  def connect(url, heartbeat: 0, answer_limit: 10)
    AmqpGemLink.new(url, heartbeat, AmqpGemReactor.new(answer_limit))
  end

  def recovering(url, queue, &listener) = AmqpGemRecovering.new(url, queue, &listener)
end

# Calls into the reactor, which is started with the first of them.
class AmqpGemReactor
  def self.ensure_running
    return if EM.reactor_running?

    Thread.new { EM.run }
    Port.wait_until { EM.reactor_running? } || raise('the reactor does not start')
    EM.error_handler { |error| warn("in the reactor: #{error.full_message(highlight: false)}") }
  end

  def initialize(answer_limit)
    @answer_limit = answer_limit
    self.class.ensure_running
    @waiting = []
  end

  # Runs the block in the reactor, waits until it or a callback of it has put something into the
  # queue that it is given, and gives that; raises it when it is an error.
  def call
    answers = Thread::Queue.new
    EM.schedule do
      @waiting << answers
      yield answers
    rescue StandardError => e
      answers << e
    end
    answer = Timeout.timeout(@answer_limit, nil, "no answer in #{@answer_limit} s") { answers.pop }
    EM.schedule { @waiting.delete(answers) }
    answer.is_a?(Exception) ? raise(answer) : answer
  end

  # Ends the calls that wait with an error. In the reactor only.
  def fail_waiting(error)
    @waiting.each { |answers| answers << error }
    @waiting.clear
  end
end

class AmqpGemLink
  attr_reader :lost, :blockings

  def initialize(url, heartbeat, reactor)
    @reactor = reactor
    @blockings = []
    @session = reactor.call { |answers| start(url, heartbeat, answers) }
  end

  def server_properties = Port.text(@session.server_properties)

  def channel(confirm: false)
    channel = AmqpGemChannel.new(@session, @reactor)
    channel.confirm_select if confirm
    channel
  end

  def close
    @reactor.call { |answers| @session.disconnect { answers << true } } unless @lost
  end

  private

  # A refusal comes to on_error; what else is told of failures would raise in the reactor.
  def start(url, heartbeat, answers)
    options = {
      heartbeat: heartbeat,
      on_possible_authentication_failure: ->(_settings) {},
      on_tcp_connection_failure: ->(_settings) { lose('no TCP connection') }
    }
    session = AMQP.connect(url, options) { |opened| answers << opened }
    session.on_error do |_session, close|
      lose("#{close.reply_code} #{close.reply_text}")
      session.close_connection
    end
    session.on_tcp_connection_loss { lose('the TCP connection is lost') }
    session.on_blocked { |_session, method| @blockings << method.reason }
    session.on_unblocked { @blockings << :unblocked }
  end

  def lose(reason)
    @lost ||= RuntimeError.new(Port.text(reason))
    @reactor.fail_waiting(@lost)
  end
end
