// Scenarios of opening a connection, and of being refused.
using System;
using System.Collections;
using System.Linq;
using System.Text.RegularExpressions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Interop
{
    internal static class Connecting
    {
        public static readonly Scenarios All = new Scenarios
        {
            { "connect-default-vhost", context => ToRootVhost(context, "") },
            { "connect-encoded-vhost", EncodedVhost },
            { "connect-missing-vhost", MissingVhost },
            { "connect-wrong-password", WrongPassword },
            { "server-properties", ServerProperties },
        };

        private static readonly string[] Capabilities =
        {
            "publisher_confirms", "exchange_exchange_bindings", "basic.nack",
            "consumer_cancel_notify", "connection.blocked", "consumer_priorities",
            "authentication_failure_close", "per_consumer_qos", "direct_reply_to",
        };

        // Connects and does one round trip, where the error's text shows which vhost it is.
        private static void ToRootVhost(Context context, string path)
        {
            var url = new Uri(context.Url.GetLeftPart(UriPartial.Authority) + path);
            var channel = context.Connect(context.Factory(url)).CreateModel();
            Check.Refused(() => channel.Ready(context.Name), 404,
                "NOT_FOUND - no queue '" + context.Name + "' in vhost '/'");
        }

        private static void EncodedVhost(Context context)
        {
            context.Note("the client takes no vhost from a URL; the program decodes it");
            ToRootVhost(context, "/%2F");
        }

        private static void MissingVhost(Context context)
        {
            var factory = context.Factory(context.Url);
            factory.VirtualHost = "no-such-vhost";
            Check.Reported(Refusal(factory), 530, "NOT_ALLOWED - vhost no-such-vhost not found");
        }

        private static void WrongPassword(Context context)
        {
            var factory = context.Factory(context.Url);
            factory.Password = "wrong";
            Check.Reported(Refusal(factory), 403,
                "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
                + " For details see the broker logfile.");
        }

        private static ShutdownEventArgs Refusal(ConnectionFactory factory)
        {
            try
            {
                factory.CreateConnection().Abort();
            }
            catch (BrokerUnreachableException error)
            {
                for (var each = error.ConnectionErrors.Values.Cast<Exception>().First();
                    each != null; each = each.InnerException)
                {
                    var interrupted = each as OperationInterruptedException;
                    if (interrupted != null) return interrupted.ShutdownReason;
                }
                throw;
            }
            throw new Exception("the broker let it in");
        }

        private static void ServerProperties(Context context)
        {
            var properties = context.Connect().ServerProperties;
            Check.Equal(Calls.Text(properties["product"]), "RabbitMQ", "product");
            var version = Calls.Text(properties["version"]);
            Check.Equal(Regex.IsMatch(version, @"^\d+\.\d+\.\d+"), true, "version " + version);
            foreach (var key in new[] { "platform", "copyright", "information", "cluster_name" })
                Check.Equal(properties[key] is byte[], true, key + " is text");
            var capabilities = (IDictionary)properties["capabilities"];
            Check.Sequence(
                capabilities.Keys.Cast<string>().OrderBy(key => key, StringComparer.Ordinal),
                Capabilities.OrderBy(key => key, StringComparer.Ordinal), "capabilities");
            foreach (var key in Capabilities) Check.Equal(capabilities[key], true, key);
        }
    }
}
