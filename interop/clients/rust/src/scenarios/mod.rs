//! The shared scenarios, a module a subject. Names are those of interop/scenarios.json.

mod connecting;
mod consuming;
mod content;
mod extensions;
mod failing;
mod publishing;
mod recovering;
mod routing;

use crate::harness::Scenario;

/// A list of scenarios from names and async functions of a context.
macro_rules! scenarios {
    ($($name:literal => $function:path),* $(,)?) => {
        vec![$(Scenario { name: $name, run: |context| Box::pin($function(context)) }),*]
    };
}

pub fn all() -> Vec<Scenario> {
    scenarios![
        "connect-default-vhost" => connecting::default_vhost,
        "connect-encoded-vhost" => connecting::encoded_vhost,
        "connect-missing-vhost" => connecting::missing_vhost,
        "connect-wrong-password" => connecting::wrong_password,
        "server-properties" => connecting::server_properties,
        "exchange-direct" => routing::direct,
        "exchange-fanout" => routing::fanout,
        "exchange-topic" => routing::topic,
        "exchange-headers" => routing::headers,
        "exchange-to-exchange" => routing::exchange_to_exchange,
        "confirm-single" => publishing::confirm_single,
        "confirm-batch-1000" => publishing::confirm_batch,
        "confirm-batches" => publishing::confirm_batches,
        "mandatory-return" => publishing::mandatory_return,
        "get" => consuming::get,
        "get-empty" => consuming::get_empty,
        "consume-prefetch" => consuming::consume_prefetch,
        "ack-each" => consuming::ack_each,
        "ack-multiple" => consuming::ack_multiple,
        "auto-ack" => consuming::auto_ack,
        "reject-drop" => consuming::reject_drop,
        "nack-multiple" => consuming::nack_multiple,
        "nack-requeue" => consuming::nack_requeue,
        "tx-commit" => publishing::tx_commit,
        "tx-rollback" => publishing::tx_rollback,
        "body-empty" => content::body_empty,
        "body-10mib" => content::body_10mib,
        "unicode" => content::unicode,
        "header-table" => content::header_table,
        "properties-all" => content::properties_all,
        "priorities-timestamps" => content::priorities_timestamps,
        "consumer-cancel" => failing::consumer_cancel,
        "two-channels-one-error" => failing::two_channels_one_error,
        "channel-error-survived" => failing::channel_error_survived,
        "connection-error-reported" => failing::connection_error_reported,
        "exclusive-queue-locked" => failing::exclusive_queue_locked,
        "rpc-direct-reply-to" => failing::rpc_direct_reply_to,
        "channels-1000" => failing::channels_1000,
        "heartbeat-silence" => failing::heartbeat_silence,
        "blocked-unblocked" => recovering::blocked_unblocked,
        "broker-killed-reported" => recovering::broker_killed_reported,
        "recover-publisher" => recovering::recover_publisher,
        "recover-consumer" => recovering::recover_consumer,
        "filter" => extensions::filter,
        "group-key" => extensions::group_key,
        "dead-letter-at-least-once" => extensions::dead_letter_at_least_once,
    ]
}
