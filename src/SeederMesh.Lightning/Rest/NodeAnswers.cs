using System.Text.Json;

namespace SeederMesh.Lightning.Rest;

/// <summary>What the adapters over HTTP share: how a form is sent, how an answer is read that says no, and what a
/// call without an answer is told as.</summary>
internal static class NodeAnswers
{
    /// <summary>The fields as a form's body.</summary>
    public static FormUrlEncodedContent Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        List<KeyValuePair<string, string>> pairs = [];
        foreach ((string name, string value) in fields)
        {
            pairs.Add(new(name, value));
        }

        return new FormUrlEncodedContent(pairs);
    }

    /// <summary>What was asked for; null where the node's answer is that it has none.</summary>
    /// <param name="ask">The question.</param>
    /// <param name="isNone">Whether a refusal says that there is none.</param>
    /// <param name="said">The node's words in what it refused with.</param>
    /// <exception cref="LightningNodeException">There was no answer.</exception>
    public static async Task<JsonElement?> FindAsync(
        Func<Task<JsonElement>> ask, Func<NodeRefusedException, bool> isNone, Func<NodeRefusedException, string> said)
    {
        try
        {
            return await ask();
        }
        catch (NodeRefusedException refused) when (isNone(refused))
        {
            return null;
        }
        catch (Exception exception) when (exception is NodeRefusedException or NodeLostException)
        {
            throw Unanswered(exception, said);
        }
    }

    /// <summary>An invoice or offer as this program reads it, where the node reads it too.</summary>
    /// <param name="ask">Has the node read what is named "invoice" or "offer".</param>
    /// <param name="text">The invoice or offer.</param>
    /// <param name="said">The node's words in what it refused with.</param>
    /// <exception cref="LightningNodeException">There was no answer.</exception>
    public static async Task<DecodedRequest> DecodeAsync(
        Func<string, Task<JsonElement>> ask, string text, Func<NodeRefusedException, string> said)
    {
        try
        {
            await ask(text.StartsWith("lno", StringComparison.OrdinalIgnoreCase) ? "offer" : "invoice");
            return PaymentRequests.Decode(text);
        }
        catch (NodeRefusedException refused)
        {
            return new DecodedRequest { Error = said(refused) };
        }
        catch (NodeLostException lost)
        {
            throw Unanswered(lost, said);
        }
    }

    /// <summary>A node that refused, in its own words; any other failure means that it was not reached.</summary>
    /// <param name="exception">From <see cref="NodeHttp"/>.</param>
    /// <param name="said">The node's words in what it refused with.</param>
    public static LightningNodeException Unanswered(Exception exception, Func<NodeRefusedException, string> said) =>
        exception is NodeRefusedException refused
            ? new LightningNodeException(NodeFault.Refused, said(refused), refused)
            : new LightningNodeException(NodeFault.Unreachable, exception.Message, exception);
}
