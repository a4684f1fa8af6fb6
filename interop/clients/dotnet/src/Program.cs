// The program: runs the shared scenarios with Mono's RabbitMQ.Client that
// INTEROP_SCENARIOS names and reports each, with a time limit for each. See
// interop/runner/programs.ts for the environment and the lines.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using RabbitMQ.Client;

namespace Interop
{
    /// <summary>The scenarios of one subject, by name.</summary>
    internal sealed class Scenarios : Dictionary<string, Action<Context>>
    {
    }

    internal static class Program
    {
        private const int LongestReason = 500;

        private static void Main()
        {
            var encoding = new UTF8Encoding(false);
            Console.SetOut(
                new StreamWriter(Console.OpenStandardOutput(), encoding) { AutoFlush = true });
            var version = typeof(ConnectionFactory).Assembly.GetName().Version;
            Console.WriteLine("# client " + Context.ClientName + " " + version);
            var subjects = new[]
            {
                Connecting.All, Routing.All, Publishing.All, Consuming.All, Content.All,
                Failing.All, Extensions.All, OwnBrokerScenarios.All, NotApplicable.All,
            };
            var scenarios = subjects.SelectMany(subject => subject)
                .ToDictionary(each => each.Key, each => each.Value);
            // Counted to the end: one that failed stops none of the others.
            var failures = Listed().Count(name => !Report(name, scenarios));
            // A scenario that hangs has a thread that never ends.
            Environment.Exit(failures == 0 ? 0 : 1);
        }

        private static IEnumerable<string> Listed()
        {
            return Environment.GetEnvironmentVariable("INTEROP_SCENARIOS").Split(' ');
        }

        private static bool Report(string name, IDictionary<string, Action<Context>> scenarios)
        {
            Action<Context> scenario;
            if (!scenarios.TryGetValue(name, out scenario))
            {
                Console.WriteLine("not ok " + name + " - not written for this language");
                return false;
            }
            var ended = Run(name, scenario);
            if (ended == null) Console.WriteLine("ok " + name);
            else if (ended is Skip) Console.WriteLine("skip " + name + " - " + ended.Message);
            else Console.WriteLine("not ok " + name + " - " + OneLine(ended));
            return ended == null || ended is Skip;
        }

        /// <summary>What ended the scenario; null when it came to its end.</summary>
        private static Exception Run(string name, Action<Context> scenario)
        {
            var context = new Context(name);
            Exception ended = new TimeoutException("no end in time");
            var thread = new Thread(() =>
            {
                try
                {
                    scenario(context);
                    ended = null;
                }
                catch (Exception error)
                {
                    ended = error;
                }
            });
            thread.IsBackground = true;
            thread.Start();
            while (!thread.Join(context.Left) && context.Left > TimeSpan.Zero)
            {
                // The clock stood still meanwhile.
            }
            var outcome = ended;
            context.CleanUp();
            return outcome;
        }

        internal static string OneLine(Exception error)
        {
            var text = Regex.Replace(error.ToString(), "\\s+", " ");
            return text.Length > LongestReason ? text.Substring(0, LongestReason) : text;
        }
    }
}
