// The scenario header-table: a header of each type that the client sends, and what it must be when
// it comes back. The client tells types by their .NET type; texts come back as bytes.
using System;
using System.Collections;
using System.Linq;
using RabbitMQ.Client;

namespace Interop
{
    internal static class HeaderTable
    {
        private const string SomeText = "text, Größe, 兎";

        public static void Run(Context context)
        {
            context.Note("the client cannot send headers of type B u i L");
            var channel = Content.WithQueue(context);
            var sent = channel.CreateBasicProperties();
            sent.Headers = Samples();
            channel.Publish("", context.Name, "x", sent);
            var back = channel.Get(context.Name).BasicProperties.Headers;
            CompareTables(back, Samples(), "headers");
        }

        private static Hashtable Samples()
        {
            var list = new ArrayList { "in a list", (short)-300, null, new ArrayList() };
            return new Hashtable
            {
                { "S", SomeText },
                { "S empty", "" },
                { "x", new BinaryTableValue(new byte[] { 0, 1, 254, 255 }) },
                { "t", true },
                { "t false", false },
                { "b", (byte)200 },
                { "s", short.MinValue },
                { "I", int.MinValue },
                { "l", long.MinValue },
                { "l max", long.MaxValue },
                { "f", 1.5f },
                { "d", 3.141592653589793 },
                { "D", 314.15m },
                { "T", new AmqpTimestamp(1700000000) },
                { "V", null },
                { "A", list },
                { "F", new Hashtable { { "float", -0.25f }, { "list", list } } },
                { "F empty", new Hashtable() },
            };
        }

        private static void CompareTables(IDictionary actual, IDictionary expected, string path)
        {
            Check.Sequence(Keys(actual), Keys(expected), path);
            foreach (string key in expected.Keys)
                Compare(actual[key], expected[key], path + "." + key);
        }

        private static IOrderedEnumerable<string> Keys(IDictionary table)
        {
            return table.Keys.Cast<string>().OrderBy(key => key, StringComparer.Ordinal);
        }

        private static void Compare(object actual, object expected, string path)
        {
            if (expected is string)
            {
                Check.Equal(Calls.Text(actual), expected, path);
            }
            else if (expected is BinaryTableValue)
            {
                Check.Sequence(((BinaryTableValue)actual).Bytes,
                    ((BinaryTableValue)expected).Bytes, path);
            }
            else if (expected is IDictionary)
            {
                CompareTables((IDictionary)actual, (IDictionary)expected, path);
            }
            else if (expected is IList)
            {
                var actualList = (IList)actual;
                var expectedList = (IList)expected;
                Check.Equal(actualList.Count, expectedList.Count, path);
                for (var index = 0; index < expectedList.Count; index++)
                    Compare(actualList[index], expectedList[index], path + "[" + index + "]");
            }
            else
            {
                // Equal objects have the same type.
                Check.Equal(actual, expected, path);
            }
        }
    }
}
