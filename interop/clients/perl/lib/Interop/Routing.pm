# Scenarios of each exchange type: declare, bind, publish, look which queue got what.
package Interop::Routing;
use v5.36;

use Interop::Check qw(equal);

my @KEYS = ('stock.usd.nyse', 'stock', 'stock.usd', 'quick.orange.rabbit', 'a..b', '');

my %TOPICS = (
    'stock.*.nyse' => ['stock.usd.nyse'],
    'stock.#'      => ['stock.usd.nyse', 'stock', 'stock.usd'],
    '#'            => \@KEYS,
    '*.orange.*'   => ['quick.orange.rabbit'],
    '*'            => ['stock'],
    'a.*.b'        => ['a..b'],
    '#.usd.#'      => ['stock.usd.nyse', 'stock.usd'],
);

sub scenarios ($class) {
    return (
        'exchange-direct'      => \&direct,
        'exchange-fanout'      => \&fanout,
        'exchange-topic'       => \&topic,
        'exchange-headers'     => \&headers,
        'exchange-to-exchange' => \&exchange_to_exchange,
    );
}

# An exchange named as the scenario, on a confirm channel: after a publish the message is in its
# queues.
sub exchange ($t, $type) {
    my $channel = $t->link->channel(confirm => 1);
    $channel->declare_exchange($t->name, $type);
    return $channel;
}

sub queue ($t, $channel, $suffix, @keys) {
    my $queue = $t->name($suffix);
    $channel->declare_queue($queue, exclusive => 1);
    $channel->bind_queue($queue, $t->name, $_) for @keys;
    return $queue;
}

# Publishes each key with itself as the body.
sub send_keys ($t, $channel, @keys) {
    $channel->publish($t->name, $_, $_) for @keys;
    return;
}

sub received ($channel, $queue, @expected) {
    my @bodies;
    while (my $message = $channel->get($queue)) { push @bodies, $message->{body} }
    equal(\@bodies, \@expected, $queue);
    return;
}

sub direct ($t) {
    my $channel = exchange($t, 'direct');
    my $red     = queue($t, $channel, 'red',  'red');
    my $both    = queue($t, $channel, 'both', 'red', 'blue');
    send_keys($t, $channel, 'red', 'blue', 'redder');
    received($channel, $red,  'red');
    received($channel, $both, 'red', 'blue');
    $channel->unbind_queue($both, $t->name, 'red');
    send_keys($t, $channel, 'red', 'blue');
    received($channel, $both, 'blue');
    return;
}

sub fanout ($t) {
    my $channel = exchange($t, 'fanout');
    my @queues  = map { queue($t, $channel, $_, 'ignored') } 1 .. 3;
    send_keys($t, $channel, 'any', '');
    received($channel, $_, 'any', '') for @queues;
    return;
}

sub topic ($t) {
    my $channel = exchange($t, 'topic');
    my %queues  = map { $_ => queue($t, $channel, $_, $_) } keys %TOPICS;
    send_keys($t, $channel, @KEYS);
    received($channel, $queues{$_}, $TOPICS{$_}->@*) for keys %TOPICS;
    return;
}

sub headers ($t) {
    my $channel = exchange($t, 'headers');
    my %pair    = (format => 'pdf', kind => 'report');
    my %queues  = map { $_ => queue($t, $channel, $_) } qw(all any);
    for my $match (keys %queues) {
        $channel->bind_queue($queues{$match}, $t->name, '', { 'x-match' => $match, %pair });
    }
    my @tries = (
        [both  => \%pair],
        [one   => { format => 'pdf', kind => 'log' }],
        [other => { format => 'zip' }],
        [bare  => {}],
    );
    $channel->publish($t->name, '', $_->[0], { headers => $_->[1] }) for @tries;
    received($channel, $queues{all}, 'both');
    received($channel, $queues{any}, 'both', 'one');
    return;
}

sub exchange_to_exchange ($t) {
    my $channel = exchange($t, 'topic');
    my $fanout  = $t->name('fanout');
    $channel->declare_exchange($fanout, 'fanout');
    $channel->bind_exchange($fanout, $t->name, 'log.#');
    # A second way to the same queue must not give a second copy.
    my $target = queue($t, $channel, 'target', 'log.error');
    $channel->bind_queue($target, $fanout, '');
    send_keys($t, $channel, 'log.error', 'log.info', 'other');
    received($channel, $target, 'log.error', 'log.info');
    return;
}

1;
