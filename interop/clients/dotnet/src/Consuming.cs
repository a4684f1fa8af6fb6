// Scenarios of receiving: get, consume, each form of settling. What a settle left behind is read
// from the queue after the channel is closed, when all that was not settled has come back.
using System.Collections.Generic;
using System.Linq;
using RabbitMQ.Client;

namespace Interop
{
    internal static class Consuming
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "get", Get },
            { "get-empty", GetEmpty },
            { "consume-prefetch", ConsumePrefetch },
            { "ack-each", AckEach },
            { "ack-multiple", AckMultiple },
            { "auto-ack", AutoAck },
            { "reject-drop", RejectDrop },
        };

        private static void Get(Context context)
        {
            var filled = new Filled(context, 3);
            var first = filled.Channel.Get(context.Name, noAck: false);
            Check.Equal(Calls.Text(first.Body), "1", "body");
            Check.Equal((int)first.MessageCount, 2, "left");
            Check.Equal(first.Redelivered, false, "redelivered");
            Check.Equal(first.Exchange, "", "exchange");
            Check.Equal(first.RoutingKey, context.Name, "routing key");
            filled.Channel.BasicAck(first.DeliveryTag, false);
            var second = filled.Channel.Get(context.Name, noAck: true);
            Check.Equal(Calls.Text(second.Body), "2", "body");
            Check.Equal((int)second.MessageCount, 1, "left");
            filled.Left(3);
        }

        private static void GetEmpty(Context context)
        {
            var filled = new Filled(context, 0);
            Check.Equal(filled.Channel.BasicGet(context.Name, false), null, "from an empty queue");
            Check.Equal(filled.Channel.BasicGet(context.Name, true), null, "from an empty queue");
        }

        private static void ConsumePrefetch(Context context)
        {
            var filled = new Filled(context, 10);
            filled.Channel.BasicQos(0, 3, false);
            var tags = filled.Consume(noAck: false, count: 3);
            Check.Equal(filled.Channel.Ready(context.Name), 7, "ready while three are out");
            Check.Equal(filled.Consumer.Queue.DequeueNoWait(null), null, "beyond the prefetch");
            filled.Channel.BasicAck(tags[0], false);
            filled.Take(4);
            filled.Channel.BasicCancel(filled.Consumer.ConsumerTag);
            filled.Left(2, 3, 4, 5, 6, 7, 8, 9, 10);
        }

        private static void AckEach(Context context)
        {
            var filled = new Filled(context, 5);
            foreach (var tag in filled.Consume(noAck: false, count: 5))
                filled.Channel.BasicAck(tag, false);
            filled.Left();
        }

        private static void AckMultiple(Context context)
        {
            var filled = new Filled(context, 6);
            var tags = filled.Consume(noAck: false, count: 6);
            filled.Channel.BasicAck(tags[3], true);
            filled.Left(5, 6);
        }

        private static void AutoAck(Context context)
        {
            var filled = new Filled(context, 5);
            filled.Consume(noAck: true, count: 5);
            filled.Left();
        }

        private static void RejectDrop(Context context)
        {
            var filled = new Filled(context, 3);
            var tags = filled.Consume(noAck: false, count: 3);
            filled.Channel.BasicReject(tags[0], false);
            filled.Channel.BasicReject(tags[2], false);
            filled.Left(2);
        }

        /// <summary>A queue with the messages 1 to count, and a channel to take them on.</summary>
        private sealed class Filled
        {
            private readonly string queue;
            private readonly IModel publisher;

            public Filled(Context context, int count)
            {
                queue = context.Name;
                var connection = context.Connect();
                publisher = connection.CreateModel();
                publisher.Declare(queue, exclusive: true);
                for (var number = 1; number <= count; number++)
                    publisher.Publish("", queue, number.ToString());
                // Without confirms only the queue itself tells when all is in it.
                Check.Soon(() => publisher.Ready(queue), count, "published");
                Channel = connection.CreateModel();
            }

            public IModel Channel { get; }

            public QueueingBasicConsumer Consumer { get; private set; }

            /// <summary>Starts a consumer; the tags of its first messages.</summary>
            public List<ulong> Consume(bool noAck, int count)
            {
                Consumer = Channel.Consume(queue, noAck);
                return Enumerable.Range(1, count).Select(Take).ToList();
            }

            /// <summary>The tag of the next message, which must be this one.</summary>
            public ulong Take(int number)
            {
                var message = Consumer.Next();
                Check.Equal(Calls.Text(message.Body), number.ToString(), "body");
                Check.Equal(message.Redelivered, false, "redelivered");
                return message.DeliveryTag;
            }

            /// <summary>Closes the channel; the queue must hold these numbers then.</summary>
            public void Left(params int[] numbers)
            {
                Channel.Close();
                Check.Sequence(publisher.Bodies(queue),
                    numbers.Select(number => number.ToString()), "left");
            }
        }
    }
}
