# frozen_string_literal: true

# What every program of the tutorials begins with: a connection, a channel, and names that another
# run on the same broker does not use.

require 'bunny'

module Tutorial
  URL_VARIABLE = 'TUTORIAL_URL'
  PREFIX_VARIABLE = 'TUTORIAL_PREFIX'

  # Gives a channel to the block; the connection is closed after it.
  def self.open
    $stdout.sync = true
    connection = Bunny.new(ENV.fetch(URL_VARIABLE, 'amqp://guest:guest@localhost:5672'))
    connection.start
    yield connection.create_channel
  ensure
    connection&.close
  end

  # The name in the broker of what a tutorial calls by a shorter one.
  def self.name(short)
    ENV.fetch(PREFIX_VARIABLE, '') + short
  end

  # Says that it waits, then gives deliveries to the block until CTRL+C.
  def self.wait_for(queue, waiting, manual_ack: false, &block)
    queue.subscribe(manual_ack: manual_ack, &block)
    puts waiting
    sleep
  rescue Interrupt
    # The way in which a receiver of the tutorials ends.
    nil
  end

  # Prints what comes to a queue of its own that is bound by keys.
  def self.receive_logs(channel, exchange, keys)
    queue = channel.queue('', exclusive: true)
    keys.each { |key| queue.bind(exchange, routing_key: key) }
    wait_for(queue, ' [*] Waiting for logs. To exit press CTRL+C') do |_delivery, _properties, body|
      puts " [x] #{body}"
    end
  end
end
