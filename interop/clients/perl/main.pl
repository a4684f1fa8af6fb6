# Runs the shared scenarios with the Perl client named on the command line. The broker's URL comes
# in INTEROP_URL; see interop/runner/programs.ts for the whole environment.
use v5.36;

use FindBin;
use lib "$FindBin::Bin/lib";

use Interop::AnyEvent::Client;
use Interop::Harness;

my %clients = map { $_->name => $_ } qw(Interop::AnyEvent::Client);
my $client  = $clients{ $ARGV[0] // '' }
    or die 'no such client; have ' . join(', ', sort keys %clients) . "\n";
exit(Interop::Harness::run_all($client) ? 1 : 0);
