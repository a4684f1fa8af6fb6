// Scenarios of each exchange type: declare, bind, publish, look which queue got what. One channel
// publishes and gets, so that what was published is in its queues when it is looked for.
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using RabbitMQ.Client;

namespace Interop
{
    internal static class Routing
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "exchange-direct", Direct },
            { "exchange-fanout", Fanout },
            { "exchange-topic", Topic },
            { "exchange-headers", Headers },
        };

        private static IModel Exchange(Context context, string type)
        {
            var channel = context.Connect().CreateModel();
            channel.DeclareExchange(context.Name, type);
            return channel;
        }

        private static string Queue(Context context, IModel channel, string suffix,
            params string[] keys)
        {
            var queue = channel.Declare(context.Name + "." + suffix, exclusive: true);
            foreach (var key in keys) channel.Bind(queue, context.Name, key);
            return queue;
        }

        // Publishes each key with itself as the body.
        private static void Send(Context context, IModel channel, params string[] keys)
        {
            foreach (var key in keys) channel.Publish(context.Name, key, key);
        }

        private static void Received(IModel channel, string queue, params string[] expected)
        {
            Check.Sequence(channel.Bodies(queue), expected, queue);
        }

        private static void Direct(Context context)
        {
            var channel = Exchange(context, "direct");
            var red = Queue(context, channel, "red", "red");
            var both = Queue(context, channel, "both", "red", "blue");
            Send(context, channel, "red", "blue", "redder");
            Received(channel, red, "red");
            Received(channel, both, "red", "blue");
            channel.QueueUnbind(both, context.Name, "red", null);
            Send(context, channel, "red", "blue");
            Received(channel, both, "blue");
        }

        private static void Fanout(Context context)
        {
            var channel = Exchange(context, "fanout");
            var queues = new[] { "1", "2", "3" }
                .Select(number => Queue(context, channel, number, "ignored")).ToList();
            Send(context, channel, "any", "");
            foreach (var queue in queues) Received(channel, queue, "any", "");
        }

        private static void Topic(Context context)
        {
            var all = new[]
            {
                "stock.usd.nyse", "stock", "stock.usd", "quick.orange.rabbit", "a..b", "",
            };
            var expected = new Dictionary<string, string[]>
            {
                { "stock.*.nyse", new[] { "stock.usd.nyse" } },
                { "stock.#", new[] { "stock.usd.nyse", "stock", "stock.usd" } },
                { "#", all },
                { "*.orange.*", new[] { "quick.orange.rabbit" } },
                { "*", new[] { "stock" } },
                { "a.*.b", new[] { "a..b" } },
                { "#.usd.#", new[] { "stock.usd.nyse", "stock.usd" } },
            };
            var channel = Exchange(context, "topic");
            foreach (var pattern in expected.Keys) Queue(context, channel, pattern, pattern);
            Send(context, channel, all);
            foreach (var each in expected)
                Received(channel, context.Name + "." + each.Key, each.Value);
        }

        private static void Headers(Context context)
        {
            var channel = Exchange(context, "headers");
            var queues = new[] { "all", "any" }
                .ToDictionary(match => match, match => Queue(context, channel, match));
            foreach (var each in queues)
            {
                var arguments = Table("format", "pdf", "kind", "report", "x-match", each.Key);
                channel.Bind(each.Value, context.Name, "", arguments);
            }
            SendWithHeaders(context, channel, "both", Table("format", "pdf", "kind", "report"));
            SendWithHeaders(context, channel, "one", Table("format", "pdf", "kind", "log"));
            SendWithHeaders(context, channel, "other", Table("format", "zip"));
            channel.Publish(context.Name, "", "bare");
            Received(channel, queues["all"], "both");
            Received(channel, queues["any"], "both", "one");
        }

        private static void SendWithHeaders(Context context, IModel channel, string body,
            IDictionary headers)
        {
            var properties = channel.CreateBasicProperties();
            properties.Headers = headers;
            channel.Publish(context.Name, "", body, properties);
        }

        private static IDictionary Table(params string[] keysAndValues)
        {
            var table = new Hashtable();
            for (var index = 0; index < keysAndValues.Length; index += 2)
                table[keysAndValues[index]] = keysAndValues[index + 1];
            return table;
        }
    }
}
