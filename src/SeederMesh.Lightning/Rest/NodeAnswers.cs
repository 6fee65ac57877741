namespace SeederMesh.Lightning.Rest;

/// <summary>What the adapters over HTTP share: how a form is sent, and what a call without an answer is told as.</summary>
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

    /// <summary>A node that refused, in its own words; any other failure means that it was not reached.</summary>
    /// <param name="exception">From <see cref="NodeHttp"/>.</param>
    /// <param name="said">The node's words in what it refused with.</param>
    public static LightningNodeException Unanswered(Exception exception, Func<NodeRefusedException, string> said) =>
        exception is NodeRefusedException refused
            ? new LightningNodeException(NodeFault.Refused, said(refused), refused)
            : new LightningNodeException(NodeFault.Unreachable, exception.Message, exception);
}
