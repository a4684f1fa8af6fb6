# frozen_string_literal: true

# A channel of Bunny. Where Bunny's Queue and Exchange objects do no more than call the channel, the
# channel is called.

require 'bunny'
require_relative '../port'

class BunnyChannel
  attr_reader :events

  def initialize(raw, losses)
    @raw = raw
    @losses = losses
    @events = []
  end

  # Bunny tells of a channel that the server closed when it is used again.
  def closed
    return nil unless @raw.closed?

    begin
      call { @raw.basic_qos(0) }
    rescue Bunny::ChannelAlreadyClosed => e
      e
    end
  end

  def confirm_select
    on_confirm = ->(_tag, _multiple, nack) { @events << (nack ? :nack : :confirmed) }
    call { @raw.confirm_select(on_confirm) }
  end

  def declare_queue(name, **options)
    # Bunny compares the name with the bytes of the answer.
    call { @raw.queue_declare(name.b, options) }.message_count
  end

  def delete_queue(name) = call { @raw.queue_delete(name) }

  def bind_queue(queue, exchange, key, arguments = {})
    call { @raw.queue_bind(queue, exchange, routing_key: key, arguments: arguments) }
  end

  def unbind_queue(queue, exchange, key)
    call { @raw.queue_unbind(queue, exchange, routing_key: key) }
  end

  def declare_exchange(name, kind)
    call { @raw.exchange_declare(name, kind, auto_delete: true) }
  end

  def bind_exchange(destination, source, key)
    call { @raw.exchange_bind(source, destination, routing_key: key) }
  end

  def publish(exchange, key, body, properties = {}, mandatory: false)
    watch_returns(exchange) if mandatory
    # Bunny changes the hash and may change the encoding of the body.
    call { @raw.basic_publish(body.b, exchange, key, { **properties, mandatory: mandatory }) }
  end

  def wait_for_confirms
    call { @raw.wait_for_confirms } || raise('some were not confirmed')
  end

  def consume(queue, no_ack: false, prefetch: nil, tag: nil, arguments: {})
    call { @raw.basic_qos(prefetch) } if prefetch
    subscription = Port::Subscription.new(tag || @raw.generate_consumer_tag, [], false)
    consumer = Bunny::Consumer.new(@raw, queue, subscription.tag, no_ack, false, arguments)
    consumer.on_delivery do |info, properties, body|
      subscription.messages << message(info, properties, body)
    end
    consumer.on_cancellation { subscription.cancelled = true }
    call { @raw.basic_consume_with(consumer) }
    subscription
  end

  def cancel(tag) = call { @raw.basic_cancel(tag) }

  def get(queue, no_ack: true)
    method, properties, body = call { @raw.basic_get(queue, manual_ack: !no_ack) }
    return nil if method.nil?

    got = message(Bunny::GetResponse.new(method, @raw), properties, body)
    got.left = method.message_count
    got
  end

  def ack(message, multiple: false) = @raw.ack(message.tag, multiple)

  def nack(message, multiple: false, requeue: true) = @raw.nack(message.tag, multiple, requeue)

  def reject(message, requeue:) = @raw.reject(message.tag, requeue)

  def tx_select = call { @raw.tx_select }

  def tx_commit = call { @raw.tx_commit }

  def tx_rollback = call { @raw.tx_rollback }

  def close = call { @raw.close }

  private

  def call(&block) = @losses.guard(&block)

  # Bunny hands a return to the object of its exchange.
  def watch_returns(name)
    exchange = @raw.find_exchange(name) || @raw.exchange(name, no_declare: true)
    exchange.on_return do |info, properties, body|
      returned = message(info, properties, body)
      returned.reply_code = info.reply_code
      returned.reply_text = info.reply_text
      @events << returned
    end
  end

  def message(info, properties, body)
    Port::Message.new(
      body: body.b, properties: Port.text(properties.to_hash),
      exchange: Port.text(info[:exchange]), routing_key: Port.text(info[:routing_key]),
      redelivered: info[:redelivered], tag: info[:delivery_tag]
    )
  end
end
