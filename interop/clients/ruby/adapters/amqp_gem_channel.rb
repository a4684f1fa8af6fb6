# frozen_string_literal: true

# A channel of the amqp gem.

require 'amqp'
require_relative '../port'

# The gem declares every queue that it makes an object for; this one is taken as it is.
class AmqpGemKnownQueue < AMQP::Queue
  def queue_declare(*) = @declaration_deferrable.succeed
end

class AmqpGemChannel
  attr_reader :closed, :events

  def initialize(session, reactor)
    @reactor = reactor
    @session = session
    @events = []
    @exchanges = {}
    @unconfirmed = []
    @published = nil
    @raw = call do |answers|
      made = AMQP::Channel.new(session) { |raw| answers << raw }
      made.on_error { |_raw, close| fail_with(close) }
    end
  end

  def confirm_select
    @published = 0
    call do |answers|
      @raw.on_ack { |method| settle(method, :confirmed) }
      @raw.on_nack { |method| settle(method, :nack) }
      @raw.confirm_select { answers << true }
    end
  end

  def declare_queue(name, **options)
    call do |answers|
      AMQP::Queue.new(@raw, name, options) { |_queue, ok| answers << ok.message_count }
    end
  end

  def delete_queue(name) = call { |answers| known(name).delete { answers << true } }

  def bind_queue(queue, exchange, key, arguments = {})
    call do |answers|
      known(queue).bind(exchange, routing_key: key, arguments: arguments) { answers << true }
    end
  end

  def unbind_queue(queue, exchange, key)
    call { |answers| known(queue).unbind(exchange, routing_key: key) { answers << true } }
  end

  def declare_exchange(name, kind)
    @exchanges[name] = call do |answers|
      AMQP::Exchange.new(@raw, kind.to_sym, name, auto_delete: true) { |made| answers << made }
    end
  end

  def bind_exchange(destination, source, key)
    call { |answers| exchange(destination).bind(source, routing_key: key) { answers << true } }
  end

  def publish(exchange, key, body, properties = {}, mandatory: false)
    options = { **properties, routing_key: key, mandatory: mandatory }
    # The gem has a word of its own for the delivery mode.
    options[:persistent] = options.delete(:delivery_mode) == 2
    call do |answers|
      @unconfirmed << (@published += 1) if @published
      exchange(exchange).publish(body.b, options)
      answers << true
    end
  end

  def wait_for_confirms
    Port.wait_until { @unconfirmed.empty? || @closed } || raise('no confirm')
    raise 'some were not confirmed' if @closed || @events.include?(:nack)
  end

  def consume(queue, no_ack: false, prefetch: nil, tag: nil, arguments: {})
    call { |answers| @raw.prefetch(prefetch) { answers << true } } if prefetch
    subscription = Port::Subscription.new(nil, [], false)
    call do |answers|
      consumer = AMQP::Consumer.new(@raw, known(queue), tag, false, no_ack, arguments)
      consumer.on_delivery { |header, body| subscription.messages << message(header, body) }
      consumer.on_cancel { subscription.cancelled = true }
      consumer.consume { answers << true }
      subscription.tag = consumer.consumer_tag
    end
    subscription
  end

  def cancel(tag)
    call { |answers| @raw.consumers.fetch(tag).cancel { answers << true } }
  end

  def get(queue, no_ack: true)
    call do |answers|
      known(queue).pop(ack: !no_ack) do |header, body|
        answers << (header.method.empty? ? nil : message(header, body))
      end
    end
  end

  def ack(message, multiple: false)
    call { |answers| answers << @raw.acknowledge(message.tag, multiple) }
  end

  # The gem's own calls send basic.nack for several messages only.
  def nack(message, multiple: false, requeue: true)
    frame = AMQ::Protocol::Basic::Nack.encode(@raw.id, message.tag, multiple, requeue)
    call { |answers| answers << @session.send_frame(frame) }
  end

  def reject(message, requeue:)
    call { |answers| answers << @raw.reject(message.tag, requeue) }
  end

  def tx_select = call { |answers| @raw.tx_select { answers << true } }

  def tx_commit = call { |answers| @raw.tx_commit { answers << true } }

  def tx_rollback = call { |answers| @raw.tx_rollback { answers << true } }

  def close = call { |answers| @raw.close { answers << true } }

  private

  def call(&block)
    raise @closed if @closed

    @reactor.call(&block)
  end

  def fail_with(close)
    @closed = RuntimeError.new(Port.text("#{close.reply_code} #{close.reply_text}"))
    @reactor.fail_waiting(@closed)
  end

  def known(queue) = AmqpGemKnownQueue.new(@raw, queue)

  # The object of an exchange: one that was declared here, or one that is taken as it is.
  def exchange(name)
    @exchanges[name] ||= AMQP::Exchange.new(@raw, :direct, name, no_declare: true).tap do |made|
      made.on_return { |method, header, body| add_return(method, header, body) }
    end
  end

  def add_return(method, header, body)
    returned = message(AMQP::Header.new(@raw, method, header.decode_payload), body)
    returned.reply_code = method.reply_code
    returned.reply_text = method.reply_text
    @events << returned
  end

  def settle(method, event)
    last = method.delivery_tag
    @unconfirmed.reject! { |tag| method.multiple ? tag <= last : tag == last }
    @events << event
  end

  # A basic.return has neither a tag nor a redelivered flag, only a basic.get-ok has a count.
  def message(header, body)
    method = header.method
    part = ->(name) { method.public_send(name) if method.respond_to?(name) }
    Port::Message.new(
      body: body.b, properties: Port.text(header.to_hash),
      exchange: Port.text(method.exchange), routing_key: Port.text(method.routing_key),
      redelivered: part[:redelivered], tag: part[:delivery_tag], left: part[:message_count]
    )
  end
end
