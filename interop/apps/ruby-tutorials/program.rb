# frozen_string_literal: true

# A program of the tutorials as a process: what it printed, waiting for that, and its end.

require 'open3'

class Program
  LIMIT_SECONDS = 15
  POLL_SECONDS = 0.01

  attr_reader :name

  def initialize(env, name, *arguments)
    @name = name
    @lines = []
    path = File.join(__dir__, "#{name}.rb")
    input, output, @ended = Open3.popen2e(env, 'ruby', path, *arguments)
    input.close
    @reader = Thread.new { output.each_line { |line| @lines << line.strip } }
  end

  # What it has printed so far.
  def lines = @lines.dup

  # Waits for a condition on what it has printed.
  def until(what)
    deadline = now + LIMIT_SECONDS
    until yield lines
      if now > deadline || !running?
        @reader.join
        return if yield lines

        raise "#{name}: waited for #{what}, it printed #{lines.join(' | ')}"
      end
      sleep POLL_SECONDS
    end
  end

  def until_prints(line)
    self.until(line) { |lines| lines.include?(line) }
  end

  # Waits for the end of a program that ends by itself; its lines.
  def wait
    raise "#{name}: no end after #{LIMIT_SECONDS} s" unless @ended.join(LIMIT_SECONDS)

    @reader.join
    status = @ended.value
    raise "#{name}: #{status}: #{lines.join(' | ')}" unless status.success?

    lines
  end

  # Ends a receiver as CTRL+C does.
  def interrupt
    Process.kill('INT', @ended.pid) if running?
    wait
  end

  # SIGKILL.
  def kill
    Process.kill('KILL', @ended.pid) if running?
    @ended.join
  end

  def running? = @ended.alive?

  def killed? = !running? && @ended.value.signaled?

  private

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
end
