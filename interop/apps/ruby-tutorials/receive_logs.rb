# frozen_string_literal: true

# Tutorial 3, publish/subscribe: prints all log lines.

require_relative 'tutorial'

Tutorial.open do |channel|
  Tutorial.receive_logs(channel, channel.fanout(Tutorial.name('logs')), [''])
end
