# frozen_string_literal: true

# Scenarios of opening a connection, and of being refused.

require_relative '../harness'

CAPABILITIES = %w[
  publisher_confirms exchange_exchange_bindings basic.nack consumer_cancel_notify
  connection.blocked consumer_priorities authentication_failure_close per_consumer_qos
  direct_reply_to
].freeze

# One round trip, where the error text shows which vhost it is.
def expect_root_vhost(context, link)
  context.fails("in vhost '/'") do
    link.channel.declare_queue(context.name, passive: true)
  end
end

scenario('connect-default-vhost') { expect_root_vhost(self, connect) }

scenario('connect-encoded-vhost') { expect_root_vhost(self, connect("#{url}/%2F")) }

scenario('connect-missing-vhost') do
  fails('NOT_ALLOWED - vhost no-such-vhost not found') { connect("#{url}/no-such-vhost") }
end

scenario('connect-wrong-password') do
  wrong = URI.parse(url)
  wrong.password = 'wrong'
  fails('403 ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For ' \
        'details see the broker logfile.') { connect(wrong.to_s) }
end

scenario('server-properties') do
  properties = connect.server_properties
  equal(properties['product'], 'RabbitMQ')
  raise "version #{properties['version'].inspect}" unless /\A\d+\.\d+\.\d+/ =~ properties['version']

  %w[platform copyright information cluster_name].each do |key|
    equal(properties[key].class, String, key)
  end
  equal(properties['capabilities'], CAPABILITIES.to_h { |each| [each, true] })
end
