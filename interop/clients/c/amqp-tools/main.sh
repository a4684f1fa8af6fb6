#!/bin/bash
# Runs the shared scenarios with the amqp-* command line programs, as far as those can do them. The
# broker's URL comes in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
set -u
here=$(dirname "$0")
. "$here/harness.sh"
. "$here/scenarios.sh"

version=$(dpkg-query -W -f '${Version}' amqp-tools 2>/dev/null)
echo "# client amqp-tools ${version%%-*}"

run connect-default-vhost default_vhost
run connect-encoded-vhost encoded_vhost
run connect-missing-vhost missing_vhost
run connect-wrong-password wrong_password
run exchange-direct exchange_direct
run exchange-fanout exchange_fanout
run exchange-topic exchange_topic
run get get_one_by_one
run get-empty get_empty
run consume-prefetch consume_prefetch
run ack-each ack_each
run auto-ack auto_ack
run body-empty body_empty
run body-10mib body_10mib
run unicode unicode_names
run exclusive-queue-locked exclusive_queue_locked
run heartbeat-silence heartbeat_silence
run broker-killed-reported broker_killed_reported

skip server-properties 'the programs do not show them'
skip header-table 'the programs can only send text headers, and show none'
for name in properties-all priorities-timestamps; do
  skip "$name" 'the programs send few properties, and show none'
done
skip consumer-cancel 'amqp-consume does not announce that it understands basic.cancel'
skip blocked-unblocked 'the programs do not announce that they understand connection.blocked'
for name in exchange-headers exchange-to-exchange confirm-single confirm-batch-1000 \
  confirm-batches mandatory-return ack-multiple reject-drop nack-multiple nack-requeue tx-commit \
  tx-rollback connection-error-reported rpc-direct-reply-to filter group-key \
  dead-letter-at-least-once; do
  skip "$name" 'the programs have no option for it'
done
for name in two-channels-one-error channel-error-survived channels-1000; do
  skip "$name" 'each program has one connection with one channel'
done
for name in recover-publisher recover-consumer; do
  skip "$name" 'the client has no recovery of its own'
done

exit "$failures"
