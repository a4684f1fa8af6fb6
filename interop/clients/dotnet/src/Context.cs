// What a scenario works with: names, connections that are closed after it, notes, its time.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Impl;

namespace Interop
{
    /// <summary>Thrown for what this client gives no way to do.</summary>
    internal sealed class Skip : Exception
    {
        public Skip(string reason)
            : base(reason)
        {
        }
    }

    internal sealed class Context
    {
        public const string ClientName = "RabbitMQ.Client-mono";

        private const int CloseLimitMilliseconds = 3000;

        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

        private readonly string scenario;
        private readonly Stack<Action> cleanups = new Stack<Action>();
        private readonly Stopwatch clock = Stopwatch.StartNew();

        public Context(string scenario)
        {
            this.scenario = scenario;
            Url = new Uri(Environment.GetEnvironmentVariable("INTEROP_URL"));
            Name = "interop.mono." + Process.GetCurrentProcess().Id + "." + scenario;
        }

        /// <summary>amqp://user:password@host:port, without a path.</summary>
        public Uri Url { get; }

        /// <summary>The stem of all names that the scenario declares, unique to this run.</summary>
        public string Name { get; }

        public TimeSpan Left
        {
            get
            {
                var left = Limit - clock.Elapsed;
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }

        public string User => Uri.UnescapeDataString(Url.UserInfo.Split(':')[0]);

        /// <summary>How to connect to a URL, whose path the client itself does not read.</summary>
        public ConnectionFactory Factory(Uri url)
        {
            var properties = ConnectionBase.DefaultClientProperties();
            // Without this, which the client does not say by itself, a broker refuses a login by
            // closing the socket.
            properties["capabilities"] = new Hashtable { { "authentication_failure_close", true } };
            var path = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/'));
            return new ConnectionFactory
            {
                Endpoint = new AmqpTcpEndpoint(Protocols.AMQP_0_9, url),
                UserName = User,
                Password = Uri.UnescapeDataString(Url.UserInfo.Split(':')[1]),
                VirtualHost = path == "" ? ConnectionFactory.DefaultVHost : path,
                ClientProperties = properties,
            };
        }

        public IConnection Connect()
        {
            return Connect(Factory(Url));
        }

        public IConnection Connect(ConnectionFactory factory)
        {
            var connection = factory.CreateConnection();
            After(() => connection.Abort(CloseLimitMilliseconds));
            return connection;
        }

        /// <summary>A broker of the scenario's own, not started yet.</summary>
        public OwnBroker OwnBroker()
        {
            var address = Environment.GetEnvironmentVariable("INTEROP_CONTROL");
            if (string.IsNullOrEmpty(address))
                throw new Skip(
                    "the runner did not start this broker, so it cannot kill or block it");
            var broker = new OwnBroker(address, clock);
            After(broker.Dispose);
            return broker;
        }

        /// <summary>Done after the scenario, whatever came of it; the last one first.</summary>
        public void After(Action cleanup)
        {
            cleanups.Push(cleanup);
        }

        public void Note(string text)
        {
            Console.WriteLine("# note " + scenario + " - " + text);
        }

        public void CleanUp()
        {
            while (cleanups.Count > 0)
            {
                try
                {
                    cleanups.Pop()();
                }
                catch (Exception error)
                {
                    Console.WriteLine("# after " + scenario + ": " + Program.OneLine(error));
                }
            }
        }
    }
}
