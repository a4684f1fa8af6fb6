// Scenarios of what a message carries: sizes, Unicode, properties. Headers are in HeaderTable.cs.
using System;
using System.Collections;
using System.Linq;
using RabbitMQ.Client;

namespace Interop
{
    internal static class Content
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "body-empty", BodyEmpty },
            { "body-10mib", BodyTenMib },
            { "unicode", UnicodeNames },
            { "header-table", HeaderTable.Run },
            { "properties-all", PropertiesAll },
            { "priorities-timestamps", PrioritiesTimestamps },
        };

        private const int TenMib = 10 * 1024 * 1024;

        /// <summary>A channel, with an exclusive queue named as the scenario.</summary>
        internal static IModel WithQueue(Context context)
        {
            var channel = context.Connect().CreateModel();
            channel.Declare(context.Name, exclusive: true);
            return channel;
        }

        private static void BodyEmpty(Context context)
        {
            var channel = WithQueue(context);
            var properties = channel.CreateBasicProperties();
            properties.Type = "empty";
            channel.BasicPublish("", context.Name, properties, new byte[0]);
            var message = channel.Get(context.Name);
            Check.Equal(message.Body.Length, 0, "octets");
            Check.Equal(message.BasicProperties.Type, "empty", "type");
        }

        private static void BodyTenMib(Context context)
        {
            var channel = WithQueue(context);
            var body = new byte[TenMib];
            new Random(1).NextBytes(body);
            channel.BasicPublish("", context.Name, null, body);
            var message = channel.Consume(context.Name, noAck: true).Next();
            Check.Equal(message.Body.Length, TenMib, "octets");
            Check.Equal(message.Body.SequenceEqual(body), true, "the same bytes");
        }

        private static void UnicodeNames(Context context)
        {
            const string Key = "ключ.🐇.größe";
            const string Text = "Grüße, 兎 and 🐇, e\u0301";
            var channel = WithQueue(context);
            var exchange = context.Name + ".交換機.обмен";
            var queue = context.Name + ".очередь.队列.🐇";
            channel.DeclareExchange(exchange, "topic");
            channel.Declare(queue, exclusive: true);
            channel.Bind(queue, exchange, "ключ.*.größe");
            var properties = channel.CreateBasicProperties();
            properties.Headers = new Hashtable { { "ключ", Text } };
            channel.Publish(exchange, Key, Text, properties);
            var message = channel.Get(queue);
            Check.Equal(message.Exchange, exchange, "exchange");
            Check.Equal(message.RoutingKey, Key, "routing key");
            Check.Equal(Calls.Text(message.Body), Text, "body");
            Check.Equal(message.BasicProperties.Headers.Count, 1, "headers");
            Check.Equal(Calls.Text(message.BasicProperties.Headers["ключ"]), Text, "header");
        }

        private static void PropertiesAll(Context context)
        {
            var channel = WithQueue(context);
            var sent = channel.CreateBasicProperties();
            sent.ContentType = "application/octet-stream";
            sent.ContentEncoding = "identity";
            sent.Headers = new Hashtable { { "key", "value" } };
            sent.DeliveryMode = 2;
            sent.Priority = 9;
            sent.CorrelationId = "correlation-1";
            sent.ReplyTo = "reply.queue";
            sent.Expiration = "3600000";
            sent.MessageId = "message-1";
            sent.Timestamp = new AmqpTimestamp(1700000000);
            sent.Type = "type-1";
            sent.UserId = context.User;
            sent.AppId = "app-1";
            sent.ClusterId = "cluster-1";
            channel.Publish("", context.Name, "x", sent);
            var back = channel.Get(context.Name).BasicProperties;
            Check.Equal(back.ContentType, sent.ContentType, "content type");
            Check.Equal(back.ContentEncoding, sent.ContentEncoding, "content encoding");
            Check.Equal(back.Headers.Count, 1, "headers");
            Check.Equal(Calls.Text(back.Headers["key"]), "value", "header");
            Check.Equal(back.DeliveryMode, sent.DeliveryMode, "delivery mode");
            Check.Equal(back.Priority, sent.Priority, "priority");
            Check.Equal(back.CorrelationId, sent.CorrelationId, "correlation id");
            Check.Equal(back.ReplyTo, sent.ReplyTo, "reply to");
            Check.Equal(back.Expiration, sent.Expiration, "expiration");
            Check.Equal(back.MessageId, sent.MessageId, "message id");
            Check.Equal(back.Timestamp.UnixTime, sent.Timestamp.UnixTime, "timestamp");
            Check.Equal(back.Type, sent.Type, "type");
            Check.Equal(back.UserId, sent.UserId, "user id");
            Check.Equal(back.AppId, sent.AppId, "app id");
            Check.Equal(back.ClusterId, sent.ClusterId, "cluster id");
        }

        private static void PrioritiesTimestamps(Context context)
        {
            var channel = WithQueue(context);
            foreach (var priority in new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255 })
            {
                var sent = channel.CreateBasicProperties();
                sent.Priority = priority;
                channel.Publish("", context.Name, "x", sent);
                var back = channel.Get(context.Name).BasicProperties;
                Check.Equal(back.IsPriorityPresent(), true, "priority " + priority);
                Check.Equal(back.Priority, priority, "priority");
            }
            foreach (var seconds in new[] { 0L, 1, 1000000000, 2147483648, 4102444800 })
            {
                var sent = channel.CreateBasicProperties();
                sent.Timestamp = new AmqpTimestamp(seconds);
                channel.Publish("", context.Name, "x", sent);
                var back = channel.Get(context.Name).BasicProperties;
                Check.Equal(back.IsTimestampPresent(), true, "timestamp " + seconds);
                Check.Equal(back.Timestamp.UnixTime, seconds, "timestamp");
            }
        }
    }
}
