# frozen_string_literal: true

# Tutorial 1, "Hello World!": prints what comes.

require_relative 'tutorial'

Tutorial.open do |channel|
  queue = channel.queue(Tutorial.name('hello'))
  waiting = ' [*] Waiting for messages. To exit press CTRL+C'
  Tutorial.wait_for(queue, waiting) do |_delivery, _properties, body|
    puts " [x] Received #{body}"
  end
end
