// Scenarios in which a broker of the scenario's own is killed with SIGKILL under the client.
using System;
using System.Threading;
using RabbitMQ.Client;

namespace Interop
{
    internal static class OwnBrokerScenarios
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "broker-killed-reported", BrokerKilledReported },
        };

        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

        private static void BrokerKilledReported(Context context)
        {
            var broker = context.OwnBroker();
            var connection = context.Connect(context.Factory(broker.Start()));
            ShutdownEventArgs lost = null;
            var came = new ManualResetEvent(false);
            connection.ConnectionShutdown += (sender, reason) =>
            {
                lost = reason;
                came.Set();
            };
            var channel = connection.CreateModel();
            channel.Declare(context.Name);
            channel.Consume(context.Name, noAck: false);
            broker.Kill();
            Check.Equal(came.WaitOne(Limit), true, "lost");
            Check.Equal(lost.Initiator, ShutdownInitiator.Library, "found out by the client");
            Check.Equal(lost.Cause is Exception, true, "reported as an exception");
        }
    }
}
