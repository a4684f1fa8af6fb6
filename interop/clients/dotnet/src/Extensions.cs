// Scenarios of what brokers have beyond RabbitMQ 3.13: consumers that choose, messages that belong
// together, dead letters that wait.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using RabbitMQ.Client;

namespace Interop
{
    internal static class Extensions
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "filter", Filter },
            { "group-key", GroupKey },
            { "dead-letter-at-least-once", DeadLetterAtLeastOnce },
        };

        private const string Exchange = "amq.direct";

        private static void Filter(Context context)
        {
            var connection = context.Connect();
            var publisher = connection.CreateModel();
            publisher.Declare(context.Name, exclusive: true);
            Coloured(publisher, context.Name, "big red", "red", 5);
            Coloured(publisher, context.Name, "small red", "red", 3);
            Coloured(publisher, context.Name, "big blue", "blue", 9);
            var named = publisher.CreateBasicProperties();
            named.MessageId = "order-7";
            publisher.Publish("", context.Name, "named", named);
            Coloured(publisher, context.Name, "bigger red", "red", 70000);
            // When this is answered, all of them are in the queue.
            Check.Equal(publisher.Ready(context.Name), 5, "ready");
            var reds = new Chooser(connection, context.Name,
                arguments: IfTrue("colour = 'red' AND size > 3"));
            reds.Ack(reds.Take("big red", "bigger red"));
            var orders = new Chooser(connection, context.Name,
                arguments: IfTrue("p.message_id LIKE 'order-%'"));
            orders.Ack(orders.Take("named"));
            Coloured(publisher, context.Name, "last red", "red", 4);
            reds.Ack(reds.Take("last red"));
            reds.Cancel();
            orders.Cancel();
            new Chooser(connection, context.Name).Take("small red", "big blue");
            var refused = connection.CreateModel();
            Check.Refused(
                () => refused.Consume(context.Name, false, IfTrue("colour = 'red")), 406,
                "PRECONDITION_FAILED - invalid arg 'x-filter' for queue '" + context.Name
                    + "' in vhost '/': {invalid_filter,\"no end of the quote at 10\"}");
        }

        private static void Coloured(IModel channel, string queue, string body, string colour,
            int size)
        {
            var properties = channel.CreateBasicProperties();
            properties.Headers = new Hashtable { { "colour", colour }, { "size", size } };
            channel.Publish("", queue, body, properties);
        }

        private static IDictionary IfTrue(string selector)
        {
            return new Hashtable { { "x-filter", selector } };
        }

        private static void GroupKey(Context context)
        {
            Groups(context, "routing-key", (name, properties) => name.Substring(0, 1));
            Groups(context, "customer", (name, properties) =>
            {
                properties.Headers = new Hashtable { { "customer", name.Substring(0, 1) } };
                return "a";
            });
        }

        /// <summary>
        /// Two consumers, of no more than two messages each at a time. A message's key is the first
        /// letter of its name; <c>address</c> gives the end of its routing key and may set headers.
        /// </summary>
        private static void Groups(Context context, string argument,
            Func<string, IBasicProperties, string> address)
        {
            var connection = context.Connect();
            var publisher = connection.CreateModel();
            var queue = context.Name + "." + argument;
            var arguments = new Hashtable { { "x-group-key", argument } };
            publisher.Declare(queue, exclusive: true, arguments: arguments);
            publisher.Bind(queue, Exchange, queue + ".a");
            publisher.Bind(queue, Exchange, queue + ".b");
            Action<string> put = name =>
            {
                var properties = publisher.CreateBasicProperties();
                publisher.Publish(Exchange, queue + "." + address(name, properties), name,
                    properties);
            };
            foreach (var name in new[] { "a1", "a2", "a3", "b1", "b2", "b3" }) put(name);
            // When this is answered, all of them are in the queue.
            Check.Equal(publisher.Ready(queue), 6, "ready");
            var first = new Chooser(connection, queue, prefetch: 2);
            var held = first.Take("a1", "a2");
            var second = new Chooser(connection, queue, prefetch: 2);
            second.Ack(second.Take("b1", "b2"));
            second.Ack(second.Take("b3"));
            // The second one has nothing to do, and yet it gets none of the key that the first has.
            Check.Equal(second.Channel.Ready(queue), 1, "ready");
            first.Ack(held.Take(1));
            first.Ack(held.Skip(1).Concat(first.Take("a3")));
            second.ExpectNothing();
            first.Cancel();
            put("a4");
            second.Take("a4");
        }

        private static void DeadLetterAtLeastOnce(Context context)
        {
            var connection = context.Connect();
            var publisher = connection.CreateModel();
            var target = context.Name + ".dead";
            publisher.Declare(context.Name, durable: true, arguments: new Hashtable
            {
                { "x-queue-type", "quorum" },
                { "x-overflow", "reject-publish" },
                { "x-dead-letter-strategy", "at-least-once" },
                { "x-dead-letter-exchange", Exchange },
                { "x-dead-letter-routing-key", context.Name + ".key" },
            });
            context.After(() => publisher.QueueDelete(context.Name, false, false, false));
            publisher.Publish("", context.Name, "refused");
            var living = new Chooser(connection, context.Name);
            living.Channel.BasicReject(living.Take("refused")[0], false);
            // When this is answered, the letter has found no queue.
            living.Channel.Declare(target, exclusive: true);
            living.Channel.Bind(target, Exchange, context.Name + ".key");
            var dead = living.Channel.Consume(target, true).Next();
            Check.Equal(Calls.Text(dead.Body), "refused", "body");
            var deaths = (IList)dead.BasicProperties.Headers["x-death"];
            var death = (IDictionary)deaths[0];
            Check.Equal(Calls.Text(death["reason"]), "rejected", "reason");
        }

        /// <summary>A consumer on a channel of its own.</summary>
        private sealed class Chooser
        {
            private readonly QueueingBasicConsumer consumer;

            public Chooser(IConnection connection, string queue, ushort prefetch = 0,
                IDictionary arguments = null)
            {
                Channel = connection.CreateModel();
                Channel.BasicQos(0, prefetch, false);
                consumer = Channel.Consume(queue, false, arguments);
            }

            public IModel Channel { get; }

            /// <summary>The tags of the next messages, which must be these.</summary>
            public List<ulong> Take(params string[] bodies)
            {
                var messages = bodies.Select(body => consumer.Next()).ToList();
                Check.Sequence(messages.Select(each => Calls.Text(each.Body)), bodies, "bodies");
                return messages.Select(each => each.DeliveryTag).ToList();
            }

            public void ExpectNothing()
            {
                Check.Equal(consumer.Queue.DequeueNoWait(null), null, "message");
            }

            public void Ack(IEnumerable<ulong> tags)
            {
                foreach (var tag in tags) Channel.BasicAck(tag, false);
            }

            public void Cancel()
            {
                Channel.BasicCancel(consumer.ConsumerTag);
            }
        }
    }
}
