namespace SeederMesh.Lightning;

/// <summary>A node could not answer. Nothing was paid by the call that throws this.</summary>
/// <param name="fault">What went wrong.</param>
/// <param name="message">Which node or key, why, and what to do.</param>
/// <param name="inner">What it comes from, or null.</param>
public sealed class LightningNodeException(NodeFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public NodeFault Fault { get; } = fault;
}

/// <summary>Why a node could not answer.</summary>
public enum NodeFault
{
    /// <summary>Never used.</summary>
    None = 0,

    /// <summary>Nothing listens there, or the connection broke.</summary>
    Unreachable = 1,

    /// <summary>The certificate is not the expected one.</summary>
    WrongCertificate = 2,

    /// <summary>The macaroon, rune, password or token was refused.</summary>
    WrongCredentials = 3,

    /// <summary>It answered something that its interface does not allow.</summary>
    MalformedAnswer = 4,

    /// <summary>It refused; the message has its words.</summary>
    Refused = 5,

    /// <summary>It did not answer in time.</summary>
    TimedOut = 6,
}
