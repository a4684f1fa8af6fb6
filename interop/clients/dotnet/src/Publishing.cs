// Scenarios of publishing: returns, transactions.
using System;
using System.Threading;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Interop
{
    internal static class Publishing
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "mandatory-return", MandatoryReturn },
            { "tx-commit", TxCommit },
            { "tx-rollback", TxRollback },
        };

        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

        private static void MandatoryReturn(Context context)
        {
            context.Note("the client has no confirms, so their order cannot be seen");
            var channel = context.Connect().CreateModel();
            BasicReturnEventArgs returned = null;
            var came = new ManualResetEvent(false);
            channel.BasicReturn += (model, arguments) =>
            {
                returned = arguments;
                came.Set();
            };
            var properties = channel.CreateBasicProperties();
            properties.MessageId = "m-1";
            properties.ContentType = "application/x-test";
            channel.BasicPublish("amq.direct", context.Name, true, false, properties,
                Calls.Bytes("lost"));
            Check.Equal(came.WaitOne(Limit), true, "returned");
            Check.Equal((int)returned.ReplyCode, 312, "reply code");
            Check.Equal(returned.ReplyText, "NO_ROUTE", "reply text");
            Check.Equal(returned.Exchange, "amq.direct", "exchange");
            Check.Equal(returned.RoutingKey, context.Name, "routing key");
            Check.Equal(Calls.Text(returned.Body), "lost", "body");
            Check.Equal(returned.BasicProperties.MessageId, "m-1", "message id");
            Check.Equal(returned.BasicProperties.ContentType, "application/x-test",
                "content type");
        }

        // A queue seen from outside, by one channel, and a second channel in tx mode.
        private static IModel Transactional(Context context, out Func<int> ready)
        {
            var connection = context.Connect();
            var channel = connection.CreateModel();
            var observer = connection.CreateModel();
            observer.Declare(context.Name, exclusive: true);
            channel.TxSelect();
            ready = () => observer.Ready(context.Name);
            return channel;
        }

        private static void AckOne(Context context, IModel channel, string expected)
        {
            var message = channel.Get(context.Name, noAck: false);
            Check.Equal(Calls.Text(message.Body), expected, "body");
            channel.BasicAck(message.DeliveryTag, false);
        }

        private static void TxCommit(Context context)
        {
            var channel = Transactional(context, out var ready);
            channel.Publish("", context.Name, "one");
            channel.Publish("", context.Name, "two");
            Check.Equal(ready(), 0, "ready before the commit");
            channel.TxCommit();
            Check.Equal(ready(), 2, "ready after the commit");
            AckOne(context, channel, "one");
            channel.TxCommit();
            channel.Close();
            Check.Equal(ready(), 1, "ready after a committed ack");
        }

        private static void TxRollback(Context context)
        {
            var channel = Transactional(context, out var ready);
            channel.Publish("", context.Name, "kept");
            channel.TxCommit();
            channel.Publish("", context.Name, "dropped");
            AckOne(context, channel, "kept");
            channel.TxRollback();
            Check.Equal(ready(), 0, "ready after the rollback, which does not redeliver");
            channel.Close();
            Check.Equal(ready(), 1, "ready in the end");
        }
    }
}
