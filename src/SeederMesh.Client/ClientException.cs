namespace SeederMesh.Client;

/// <summary>Something that a person can put right: a bad setting, a file that cannot be read, a hub that
/// refuses.</summary>
/// <param name="message">What was wrong, where, and what to do.</param>
/// <param name="inner">What it comes from, or null.</param>
public class ClientException(string message, Exception? inner = null) : Exception(message, inner);
