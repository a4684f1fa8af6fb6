# frozen_string_literal: true

# What each tutorial shows: its programs are run in pairs, and what receivers print is asserted.

require_relative 'program'

class Shows
  def initialize(env)
    @env = env
    @programs = []
  end

  # Ends what still runs, as CTRL+C does; raises when that does not end it well.
  def finish
    @programs.each { |program| program.interrupt unless program.killed? }
  ensure
    @programs.each(&:kill)
    @programs = []
  end

  def hello
    receiver = receive('receive')
    run('send')
    receiver.until_prints('[x] Received Hello World!')
  end

  # While one worker does a long task, the other one gets all the short ones.
  def fair_dispatch
    # Longer than the short ones take together on a busy machine.
    long = "Long one#{'.' * 24}"
    busy, free = two_workers(long)
    ['Short one.', 'Short two.', 'Short three.'].each do |task|
      run('new_task', task)
      free.until_prints("[x] Done #{task}")
    end
    busy.until_prints("[x] Done #{long}")
  end

  # The task of a worker that is killed is done by the other one.
  def worker_killed
    lost = "Lost one#{'.' * 6}"
    busy, free = two_workers(lost)
    busy.kill
    raise 'the worker was killed too late' if busy.lines.include?("[x] Done #{lost}")

    free.until_prints("[x] Done #{lost}")
  end

  def publish_subscribe
    receivers = [receive('receive_logs'), receive('receive_logs')]
    run('emit_log', 'info: one')
    run('emit_log', 'warning: two')
    prints(receivers, [['info: one', 'warning: two']] * 2)
  end

  def routing
    severities = [%w[warning error], %w[info warning error]]
    receivers = severities.map { |each| receive('receive_logs_direct', *each) }
    run('emit_log_direct', 'info', 'Fine.')
    run('emit_log_direct', 'error', 'Run. Run.')
    run('emit_log_direct', 'warning', 'Well.')
    prints(receivers, [['Run. Run.', 'Well.'], ['Fine.', 'Run. Run.', 'Well.']])
  end

  def topics
    patterns = [['#'], ['kern.*'], ['*.critical'], ['kern.*', '*.critical']]
    receivers = patterns.map { |each| receive('receive_logs_topic', *each) }
    run('emit_log_topic', 'kern.critical', 'A critical kernel error')
    run('emit_log_topic', 'kern.info', 'A boot')
    run('emit_log_topic', 'cron.critical', 'No time')
    run('emit_log_topic', 'cron.info', 'Noon')
    prints(receivers, [
             ['A critical kernel error', 'A boot', 'No time', 'Noon'],
             ['A critical kernel error', 'A boot'],
             ['A critical kernel error', 'No time'],
             ['A critical kernel error', 'A boot', 'No time']
           ])
  end

  # Two clients at the same time, each gets its own answer.
  def remote_calls
    server = receive('rpc_server')
    clients = { '15' => '610', '20' => '6765' }.map do |number, answer|
      [start('rpc_client', number), answer]
    end
    clients.each do |client, answer|
      equal(client.wait.last, "[.] Got #{answer}")
    end
    ['[.] fib(15)', '[.] fib(20)'].each { |line| server.until_prints(line) }
  end

  def confirms
    hows = ['individually', 'in batches', 'and handled confirms asynchronously']
    printed = run('publisher_confirms').map { |line| line[/\APublished 1000 messages (.*) in/, 1] }
    equal(printed, hows)
  end

  private

  def start(name, *arguments)
    @programs << Program.new(@env, name, *arguments)
    @programs.last
  end

  # Starts a program that waits for messages, and waits until it does.
  def receive(name, *arguments)
    program = start(name, *arguments)
    program.until('its first line', &:any?)
    program
  end

  # Runs a program to its end; its lines.
  def run(name, *arguments) = start(name, *arguments).wait

  # Two workers, one of which has the task: that one, and the other.
  def two_workers(task)
    workers = [receive('worker'), receive('worker')]
    run('new_task', task)
    has_it = ->(worker) { worker.lines.include?("[x] Received #{task}") }
    workers.first.until("#{task} (either worker)") { workers.any?(&has_it) }
    workers.partition(&has_it).flatten
  end

  # Each receiver prints its lines, in order, and no others.
  def prints(receivers, expected)
    receivers.zip(expected) do |receiver, lines|
      receiver.until("#{lines.size} lines") { |printed| printed.size > lines.size }
    end
    # One that prints too much has done so when the last one has printed all.
    receivers.zip(expected) do |receiver, lines|
      equal(receiver.lines.drop(1), lines.map { |line| "[x] #{line}" })
    end
  end

  def equal(actual, expected)
    raise "expected #{expected.inspect}, got #{actual.inspect}" unless actual == expected
  end
end
