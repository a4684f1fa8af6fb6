# frozen_string_literal: true

# Tutorial 2, work queues: takes one task after the other, and acknowledges what it has done.

require_relative 'tutorial'

# In the tutorial a dot is a second.
DOT_SECONDS = 0.25

Tutorial.open do |channel|
  queue = channel.queue(Tutorial.name('task_queue'), durable: true)
  channel.prefetch(1)
  waiting = ' [*] Waiting for messages. To exit press CTRL+C'
  Tutorial.wait_for(queue, waiting, manual_ack: true) do |delivery, _properties, body|
    puts " [x] Received #{body}"
    sleep body.count('.') * DOT_SECONDS
    puts " [x] Done #{body}"
    channel.ack(delivery.delivery_tag)
  end
end
