// Scenarios of what came into the protocol after this client: it speaks AMQP 0-9, which RabbitMQ
// takes as 0-9-1.
using System;

namespace Interop
{
    internal static class NotApplicable
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "exchange-to-exchange", Without("exchange.bind") },
            { "confirm-single", Without("confirms") },
            { "confirm-batch-1000", Without("confirms") },
            { "confirm-batches", Without("confirms") },
            { "nack-multiple", Without("basic.nack") },
            { "nack-requeue", Without("basic.nack") },
            { "consumer-cancel", Without("basic.cancel from the server") },
            { "blocked-unblocked", Without("connection.blocked") },
            { "recover-publisher", WithoutRecovery },
            { "recover-consumer", WithoutRecovery },
        };

        private static Action<Context> Without(string what)
        {
            return context => throw new Skip("the client speaks AMQP 0-9, which has no " + what);
        }

        private static void WithoutRecovery(Context context)
        {
            throw new Skip("the client has no recovery of its own");
        }
    }
}
