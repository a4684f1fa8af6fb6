# Scenarios of opening a connection, and of being refused.
package Interop::Connecting;
use v5.36;

use Interop::Check qw(contains equal fails);

my @CAPABILITIES = qw(
    publisher_confirms exchange_exchange_bindings basic.nack consumer_cancel_notify
    connection.blocked consumer_priorities authentication_failure_close per_consumer_qos
    direct_reply_to
);

sub scenarios ($class) {
    return (
        'connect-default-vhost'  => \&default_vhost,
        'connect-encoded-vhost'  => \&encoded_vhost,
        'connect-missing-vhost'  => \&missing_vhost,
        'connect-wrong-password' => \&wrong_password,
        'server-properties'      => \&server_properties,
    );
}

# One round trip, where the error's text shows which vhost it is.
sub is_root_vhost ($t, $link) {
    my $channel = $link->channel;
    fails(sub { $channel->ready($t->name) }, "in vhost '/'");
    return;
}

sub default_vhost ($t) {
    is_root_vhost($t, $t->link);
    return;
}

sub encoded_vhost ($t) {
    $t->note('the client takes no URL; the program decodes the vhost');
    my $vhost = '%2F' =~ s/%([0-9A-F]{2})/chr hex $1/egr;
    is_root_vhost($t, $t->link(vhost => $vhost));
    return;
}

sub missing_vhost ($t) {
    fails(sub { $t->link(vhost => 'no-such-vhost') },
        '530 NOT_ALLOWED - vhost no-such-vhost not found');
    return;
}

sub wrong_password ($t) {
    fails(
        sub { $t->link(password => 'wrong') },
        '403 ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN.'
            . ' For details see the broker logfile.'
    );
    return;
}

sub server_properties ($t) {
    my $properties = $t->link->server_properties;
    equal($properties->{product}, 'RabbitMQ', 'product');
    $properties->{version} =~ /^\d+\.\d+\.\d+/ or die "version $properties->{version}\n";
    for my $key (qw(platform copyright information cluster_name)) {
        my $value = $properties->{$key};
        die "$key is no text\n" if !defined $value || ref $value;
    }
    equal($properties->{capabilities}, { map { $_ => 1 } @CAPABILITIES }, 'capabilities');
    return;
}

1;
