// Scenarios of what goes wrong and what must go on: closed channels, a closed connection, locks;
// and of many channels, request and reply, and silence.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using RabbitMQ.Client;

namespace Interop
{
    internal static class Failing
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "two-channels-one-error", TwoChannelsOneError },
            { "channel-error-survived", ChannelErrorSurvived },
            { "connection-error-reported", ConnectionErrorReported },
            { "exclusive-queue-locked", ExclusiveQueueLocked },
            { "rpc-direct-reply-to", RpcDirectReplyTo },
            { "channels-1000", ManyChannels },
            { "heartbeat-silence", HeartbeatSilence },
        };

        private const string ReplyTo = "amq.rabbitmq.reply-to";
        private const int ManyChannelsCount = 1000;
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

        private static void TwoChannelsOneError(Context context)
        {
            var connection = context.Connect();
            var good = connection.CreateModel();
            var bad = connection.CreateModel();
            good.Declare(context.Name, exclusive: true);
            var consumer = good.Consume(context.Name, noAck: true);
            var missing = context.Name + ".missing";
            Check.Refused(() => bad.Ready(missing), 404,
                "NOT_FOUND - no queue '" + missing + "' in vhost '/'");
            good.Publish("", context.Name, "still here");
            Check.Equal(Calls.Text(consumer.Next().Body), "still here", "body");
        }

        private static void ChannelErrorSurvived(Context context)
        {
            var connection = context.Connect();
            var first = connection.CreateModel();
            ShutdownEventArgs closed = null;
            var came = new ManualResetEvent(false);
            first.ModelShutdown += (model, reason) =>
            {
                closed = reason;
                came.Set();
            };
            var missing = context.Name + ".missing";
            first.Publish(missing, "key", "x");
            Check.Equal(came.WaitOne(Limit), true, "closed");
            Check.Reported(closed, 404, "NOT_FOUND - no exchange '" + missing + "' in vhost '/'");
            connection.ExchangesOneMessage(context.Name);
        }

        private static void ConnectionErrorReported(Context context)
        {
            const string Text = "NOT_IMPLEMENTED - prefetch_size!=0 (1)";
            var connection = context.Connect();
            ShutdownEventArgs lost = null;
            var came = new ManualResetEvent(false);
            connection.ConnectionShutdown += (sender, reason) =>
            {
                lost = reason;
                came.Set();
            };
            var channel = connection.CreateModel();
            Check.Refused(() => channel.BasicQos(1, 0, false), 540, Text);
            Check.Equal(came.WaitOne(Limit), true, "lost");
            Check.Reported(lost, 540, Text);
        }

        private static void ExclusiveQueueLocked(Context context)
        {
            var owned = context.Connect().CreateModel();
            var other = context.Connect();
            owned.Declare(context.Name, exclusive: true);
            var locked = "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '"
                + context.Name + "' in vhost '/'";
            var attempts = new Action<IModel>[]
            {
                channel => channel.Declare(context.Name, exclusive: true),
                channel => channel.BasicGet(context.Name, true),
                channel => channel.Consume(context.Name, noAck: false),
            };
            foreach (var attempt in attempts)
                Check.Refused(() => attempt(other.CreateModel()), 405, locked);
            owned.Publish("", context.Name, "mine");
            Check.Sequence(owned.Bodies(context.Name), new[] { "mine" }, "mine");
        }

        private static void RpcDirectReplyTo(Context context)
        {
            var client = context.Connect().CreateModel();
            var server = context.Connect().CreateModel();
            server.Declare(context.Name, autoDelete: true);
            var requests = server.Consume(context.Name, noAck: true);
            var replies = client.Consume(ReplyTo, noAck: true);
            foreach (var question in new[] { "one", "two", "three" })
            {
                var properties = client.CreateBasicProperties();
                properties.ReplyTo = ReplyTo;
                properties.CorrelationId = question;
                client.Publish("", context.Name, question, properties);
                Answer(server, requests);
                var reply = replies.Next();
                Check.Equal(reply.BasicProperties.CorrelationId, question, "correlation id");
                Check.Equal(Calls.Text(reply.Body), question.ToUpperInvariant(), "reply");
            }
        }

        private static void Answer(IModel server, QueueingBasicConsumer requests)
        {
            var request = requests.Next();
            var address = request.BasicProperties.ReplyTo;
            Check.Equal(address.StartsWith(ReplyTo + ".", StringComparison.Ordinal), true, address);
            var properties = server.CreateBasicProperties();
            properties.CorrelationId = request.BasicProperties.CorrelationId;
            server.Publish("", address, Calls.Text(request.Body).ToUpperInvariant(), properties);
        }

        private static void ManyChannels(Context context)
        {
            var connection = context.Connect();
            var channels = new List<IModel>();
            while (channels.Count < ManyChannelsCount) channels.Add(connection.CreateModel());
            channels[0].Declare(context.Name, exclusive: true);
            var consumer = channels[0].Consume(context.Name, noAck: true);
            for (var number = 0; number < channels.Count; number++)
                channels[number].Publish("", context.Name, number.ToString());
            var received = channels.Select(each => int.Parse(Calls.Text(consumer.Next().Body)));
            Check.Sequence(received.ToList().OrderBy(number => number),
                Enumerable.Range(0, ManyChannelsCount), "bodies");
        }

        private static void HeartbeatSilence(Context context)
        {
            var factory = context.Factory(context.Url);
            factory.RequestedHeartbeat = 1;
            var connection = context.Connect(factory);
            var lost = new ManualResetEvent(false);
            connection.ConnectionShutdown += (sender, reason) => lost.Set();
            // The silence is what is under test: only heartbeats may keep the connection.
            if (lost.WaitOne(Silence)) throw new Exception("lost: " + connection.CloseReason);
            connection.ExchangesOneMessage(context.Name);
        }
    }
}
