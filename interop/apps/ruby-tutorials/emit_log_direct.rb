# frozen_string_literal: true

# Tutorial 4, routing: sends a log line with a severity. Arguments: the severity, the line.

require_relative 'tutorial'

Tutorial.open do |channel|
  exchange = channel.direct(Tutorial.name('direct_logs'))
  severity, *words = ARGV
  line = words.join(' ')
  exchange.publish(line, routing_key: severity)
  puts " [x] Sent #{severity}:#{line}"
end
