// Asks the runner for a broker that only this scenario uses, to be killed under the client. One
// socket, a line a request; the runner ends the broker when the socket closes.
using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;

namespace Interop
{
    internal sealed class OwnBroker : IDisposable
    {
        // More than the runner itself gives a broker to start.
        private const int AnswerLimitMilliseconds = 130000;

        private readonly Stopwatch clock;
        private readonly TcpClient control;
        private readonly StreamReader answers;
        private readonly StreamWriter requests;

        /// <summary>The clock stands still while the runner works, for which the client is not to
        /// pay.</summary>
        public OwnBroker(string address, Stopwatch clock)
        {
            this.clock = clock;
            var parts = address.Split(':');
            control = new TcpClient(parts[0], int.Parse(parts[1]));
            control.ReceiveTimeout = AnswerLimitMilliseconds;
            answers = new StreamReader(control.GetStream());
            requests = new StreamWriter(control.GetStream()) { AutoFlush = true, NewLine = "\n" };
        }

        /// <summary>Starts it; gives its URL.</summary>
        public Uri Start()
        {
            return new Uri(Ask("start"));
        }

        /// <summary>Kills it with SIGKILL; returns when the process is gone.</summary>
        public void Kill()
        {
            Ask("kill");
        }

        public void Dispose()
        {
            control.Close();
        }

        private string Ask(string request)
        {
            clock.Stop();
            try
            {
                requests.WriteLine(request);
                var answer = answers.ReadLine() ?? "no answer";
                if (answer.Split(' ')[0] != "ok")
                    throw new InvalidOperationException("broker control: " + answer);
                return answer.Substring(2).Trim();
            }
            finally
            {
                clock.Start();
            }
        }
    }
}
