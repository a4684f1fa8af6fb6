# Scenarios with a broker of their own, blocked by its memory alarm or killed with SIGKILL.
package Interop::Recovering;
use v5.36;

use Interop::Check qw(skip);

sub scenarios ($class) {
    return (
        'blocked-unblocked'      => \&blocked_unblocked,
        'broker-killed-reported' => \&broker_killed_reported,
        'recover-publisher'      => \&no_recovery,
        'recover-consumer'       => \&no_recovery,
    );
}

sub blocked_unblocked ($t) {
    skip('the client does not know connection.blocked');
}

sub broker_killed_reported ($t) {
    my $broker  = $t->own_broker;
    my $link    = $t->link($broker->start);
    my $channel = $link->channel;
    $channel->declare_queue($t->name);
    $channel->consume($t->name);
    $broker->kill;
    $link->wait_until(sub { $link->lost }) or die "the client does not report it\n";
    return;
}

sub no_recovery ($t) {
    skip('the client has no recovery of its own');
}

1;
