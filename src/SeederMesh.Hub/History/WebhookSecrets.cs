using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SeederMesh.Core.Identity;
using SeederMesh.Hub.Hosting;
using SeederMesh.Ledger.Records;

namespace SeederMesh.Hub.History;

/// <summary>The secrets that sign what webhooks are told, and the signatures.</summary>
/// <remarks>
/// Source: Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.body</c>, in base64 after <c>v1,</c>; a secret is
/// written <c>whsec_</c> and base64. The operator's secret is the file <c>webhook.key</c>; the others follow from it, so
/// that none lies in the ledger.
/// </remarks>
internal sealed class WebhookSecrets(HubKeys keys)
{
    /// <summary>The secret of a webhook, 32 bytes.</summary>
    public byte[] Of(WebhookRecord webhook)
    {
        if (webhook.Id == WebhookRecord.OperatorId)
        {
            return keys.WebhookSecret;
        }

        byte[] content = new byte[Id128.Size + sizeof(long)];
        webhook.Id.Write(content);
        BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(Id128.Size), webhook.Generation);
        return HMACSHA256.HashData(keys.WebhookSecret, content);
    }

    /// <summary>The secret as its owner reads it.</summary>
    public string Text(WebhookRecord webhook) => "whsec_" + Convert.ToBase64String(Of(webhook));

    /// <summary>The headers that prove who tells what, and when.</summary>
    public Dictionary<string, string> Sign(WebhookRecord webhook, string eventId, DateTimeOffset now, byte[] body)
    {
        string time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{eventId}.{time}."), .. body];
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["webhook-id"] = eventId,
            ["webhook-timestamp"] = time,
            ["webhook-signature"] = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Of(webhook), signed)),
        };
    }
}
