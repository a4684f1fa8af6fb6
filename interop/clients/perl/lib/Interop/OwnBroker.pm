# Asks the runner for a broker that only this scenario uses, to be killed under the client. One
# socket, a line a request; the runner ends the broker when the socket closes.
package Interop::OwnBroker;
use v5.36;

use IO::Socket::INET;

# More than the runner itself gives a broker to start.
my $ANSWER_LIMIT_SECONDS = 130;

sub new ($class, $address) {
    my $control = IO::Socket::INET->new(PeerAddr => $address, Proto => 'tcp')
        or die "cannot reach the runner at $address: $@\n";
    return bless { control => $control }, $class;
}

# Starts it; gives its host and port.
sub start ($self) {
    my ($host, $port) = $self->_ask('start') =~ m{@(.*):(\d+)$} or die "no URL\n";
    return (host => $host, port => $port);
}

# Kills it with SIGKILL; returns when the process is gone.
sub kill ($self) {
    $self->_ask('kill');
    return;
}

sub close ($self) {
    $self->{control}->close;
    return;
}

sub _ask ($self, $request) {
    # The scenario's own time stands still: the client is not to pay for the runner's work.
    my $left = alarm $ANSWER_LIMIT_SECONDS;
    $self->{control}->print("$request\n");
    my $answer = $self->{control}->getline // 'no answer';
    alarm $left;
    $answer =~ /^ok\b\s*(.*)$/ or die "broker control: $answer\n";
    return $1;
}

1;
