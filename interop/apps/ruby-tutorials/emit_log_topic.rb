# frozen_string_literal: true

# Tutorial 5, topics: sends a log line with a topic, <facility>.<severity>. Arguments: the topic,
# the line.

require_relative 'tutorial'

Tutorial.open do |channel|
  exchange = channel.topic(Tutorial.name('topic_logs'))
  topic, *words = ARGV
  line = words.join(' ')
  exchange.publish(line, routing_key: topic)
  puts " [x] Sent #{topic}:#{line}"
end
