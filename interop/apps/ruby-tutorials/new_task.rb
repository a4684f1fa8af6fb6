# frozen_string_literal: true

# Tutorial 2, work queues: sends a task that takes as long as it has dots.

require_relative 'tutorial'

Tutorial.open do |channel|
  queue = channel.queue(Tutorial.name('task_queue'), durable: true)
  task = ARGV.join(' ')
  queue.publish(task, persistent: true)
  puts " [x] Sent #{task}"
end
