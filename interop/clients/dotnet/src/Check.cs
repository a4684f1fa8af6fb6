// What a scenario expects, with both sides in the message when it is not so.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Interop
{
    internal static class Check
    {
        private const int PollMilliseconds = 10;
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

        public static void Equal<T>(T actual, T expected, string what)
        {
            if (!EqualityComparer<T>.Default.Equals(actual, expected))
                throw new Exception(what + ": expected '" + expected + "', got '" + actual + "'");
        }

        /// <summary>Asks until the answer is the expected one, or the time is over.</summary>
        public static void Soon<T>(Func<T> ask, T expected, string what)
        {
            var clock = Stopwatch.StartNew();
            var actual = ask();
            while (!EqualityComparer<T>.Default.Equals(actual, expected) && clock.Elapsed < Limit)
            {
                Thread.Sleep(PollMilliseconds);
                actual = ask();
            }
            Equal(actual, expected, what);
        }

        public static void Sequence<T>(IEnumerable<T> actual, IEnumerable<T> expected, string what)
        {
            if (!actual.SequenceEqual(expected))
                throw new Exception(what + ": expected [" + string.Join(", ", expected)
                    + "], got [" + string.Join(", ", actual) + "]");
        }

        /// <summary>A code and the beginning of a text, as the client reports them.</summary>
        public static void Reported(ShutdownEventArgs reason, int code, string text)
        {
            if (reason == null) throw new Exception("no reason; expected " + code + " " + text);
            Equal((int)reason.ReplyCode, code, "reply code");
            Equal(reason.ReplyText.StartsWith(text, StringComparison.Ordinal), true,
                "'" + reason.ReplyText + "' begins with '" + text + "'");
        }

        /// <summary>Does what the server must answer by closing, with this code and text.</summary>
        public static void Refused(Action action, int code, string text)
        {
            try
            {
                action();
            }
            catch (OperationInterruptedException error)
            {
                Reported(error.ShutdownReason, code, text);
                return;
            }
            throw new Exception("no refusal; expected " + code + " " + text);
        }
    }
}
