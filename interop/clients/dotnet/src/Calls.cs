// The client's calls, a little shorter. Knows no scenario.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Framing.Impl.v0_9;
using RabbitMQ.Client.Framing.v0_9;
using RabbitMQ.Client.Impl;

namespace Interop
{
    internal static class Calls
    {
        private const int LimitMilliseconds = 10000;

        public static byte[] Bytes(string text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        public static string Text(object bytes)
        {
            return Encoding.UTF8.GetString((byte[])bytes);
        }

        public static string Declare(this IModel channel, string queue, bool durable = false,
            bool exclusive = false, bool autoDelete = false, IDictionary arguments = null)
        {
            var name = channel.QueueDeclare(queue, false, durable, exclusive, autoDelete, false,
                arguments);
            Check.Equal(name, queue, "the queue's name");
            return name;
        }

        /// <summary>The number of ready messages, which the client's own call leaves out.</summary>
        public static int Ready(this IModel channel, string queue)
        {
            var declare = new QueueDeclare(0, queue, true, false, false, false, false, null);
            var answer = ((ModelBase)channel).ModelRpc(declare, null, null);
            return (int)((IQueueDeclareOk)answer).MessageCount;
        }

        public static void DeclareExchange(this IModel channel, string exchange, string type)
        {
            channel.ExchangeDeclare(exchange, type, false, false, true, false, false, null);
        }

        public static void Bind(this IModel channel, string queue, string exchange, string key,
            IDictionary arguments = null)
        {
            channel.QueueBind(queue, exchange, key, false, arguments);
        }

        public static void Publish(this IModel channel, string exchange, string key, string body,
            IBasicProperties properties = null)
        {
            channel.BasicPublish(exchange, key, properties, Bytes(body));
        }

        public static BasicGetResult Get(this IModel channel, string queue, bool noAck = true)
        {
            var message = channel.BasicGet(queue, noAck);
            if (message == null) throw new Exception("nothing in " + queue);
            return message;
        }

        /// <summary>Takes all that is in a queue.</summary>
        public static List<string> Bodies(this IModel channel, string queue)
        {
            var bodies = new List<string>();
            for (var next = channel.BasicGet(queue, true); next != null;
                next = channel.BasicGet(queue, true)) bodies.Add(Text(next.Body));
            return bodies;
        }

        /// <summary>Starts a consumer whose messages wait for <see cref="Next"/>.</summary>
        public static QueueingBasicConsumer Consume(this IModel channel, string queue, bool noAck,
            IDictionary arguments = null)
        {
            var consumer = new QueueingBasicConsumer(channel);
            channel.BasicConsume(queue, noAck, "", false, false, arguments, consumer);
            return consumer;
        }

        public static BasicDeliverEventArgs Next(this QueueingBasicConsumer consumer)
        {
            object message;
            if (!consumer.Queue.Dequeue(LimitMilliseconds, out message))
                throw new TimeoutException("no message");
            return (BasicDeliverEventArgs)message;
        }

        /// <summary>Declares, publishes, gets: shows that a connection works.</summary>
        public static void ExchangesOneMessage(this IConnection connection, string queue)
        {
            var channel = connection.CreateModel();
            channel.Declare(queue, exclusive: true);
            channel.Publish("", queue, "alive");
            Check.Sequence(channel.Bodies(queue), new[] { "alive" }, "alive");
        }
    }
}
