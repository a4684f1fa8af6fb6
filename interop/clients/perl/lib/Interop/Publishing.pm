# Scenarios of publishing: confirms, returns, transactions.
package Interop::Publishing;
use v5.36;

use Interop::Check qw(equal);

sub scenarios ($class) {
    return (
        'confirm-single'     => \&confirm_single,
        'confirm-batch-1000' => \&confirm_batch,
        'confirm-batches'    => \&confirm_batches,
        'mandatory-return'   => \&mandatory_return,
        'tx-commit'          => \&tx_commit,
        'tx-rollback'        => \&tx_rollback,
    );
}

sub confirm_single ($t) {
    my $channel = $t->link->channel(confirm => 1);
    $channel->declare_queue($t->name, durable => 1);
    $t->after(sub { $channel->delete_queue($t->name) });
    $channel->publish('', $t->name, 'kept', { delivery_mode => 2 });
    my $message = $channel->get($t->name);
    equal($message->{body}, 'kept', 'body');
    equal($message->{properties}->delivery_mode, 2, 'delivery mode');
    return;
}

sub confirm_batch ($t) {
    my $link    = $t->link;
    my $channel = $link->channel(confirm => 1);
    my @bodies  = 1 .. 1000;
    $channel->declare_queue($t->name, exclusive => 1);
    $channel->publish_later('', $t->name, $_) for @bodies;
    $channel->wait_for_confirms;
    equal($channel->ready($t->name), 1000, 'ready');
    my $consumer = $channel->consume($t->name, no_ack => 1);
    $link->wait_until(sub { $consumer->{messages}->@* >= @bodies });
    equal([map { $_->{body} } $consumer->{messages}->@*], \@bodies, 'bodies');
    return;
}

sub confirm_batches ($t) {
    my $channel = $t->link->channel(confirm => 1);
    $channel->declare_queue($t->name, exclusive => 1);
    for my $batch (1 .. 10) {
        $channel->publish_later('', $t->name, "$batch.$_") for 1 .. 100;
        $channel->wait_for_confirms;
    }
    equal($channel->ready($t->name), 1000, 'ready');
    return;
}

sub mandatory_return ($t) {
    $t->note('the client hands over a return without its properties and its body');
    my $channel    = $t->link->channel(confirm => 1);
    my $properties = { message_id => 'm-1', content_type => 'application/x-test' };
    $channel->publish_later('amq.direct', $t->name, 'lost', $properties, mandatory => 1);
    $channel->wait_for_confirms;
    my ($returned, @rest) = $channel->events;
    equal(\@rest, ['ack'], 'after the return');
    equal($returned->reply_code, 312, 'reply code');
    equal($returned->reply_text, 'NO_ROUTE', 'reply text');
    equal($returned->exchange, 'amq.direct', 'exchange');
    equal($returned->routing_key, $t->name, 'routing key');
    return;
}

# A channel in tx mode, and one to look at the queue from outside.
sub transactional ($t) {
    my $link = $t->link;
    my ($channel, $observer) = ($link->channel, $link->channel);
    $observer->declare_queue($t->name, exclusive => 1);
    $channel->tx('select');
    return ($channel, $observer);
}

sub ack_one ($t, $channel, $expected) {
    my $message = $channel->get($t->name, ack => 1);
    equal($message->{body}, $expected, 'body');
    $channel->ack($message);
    return;
}

sub tx_commit ($t) {
    my ($channel, $observer) = transactional($t);
    $channel->publish('', $t->name, $_) for qw(one two);
    equal($observer->ready($t->name), 0, 'ready before the commit');
    $channel->tx('commit');
    equal($observer->ready($t->name), 2, 'ready after the commit');
    ack_one($t, $channel, 'one');
    $channel->tx('commit');
    $channel->close;
    equal($observer->ready($t->name), 1, 'ready after a committed ack');
    return;
}

sub tx_rollback ($t) {
    my ($channel, $observer) = transactional($t);
    $channel->publish('', $t->name, 'kept');
    $channel->tx('commit');
    $channel->publish('', $t->name, 'dropped');
    ack_one($t, $channel, 'kept');
    $channel->tx('rollback');
    equal($observer->ready($t->name), 0, 'ready after the rollback, which does not redeliver');
    $channel->close;
    equal($observer->ready($t->name), 1, 'ready in the end');
    return;
}

1;
