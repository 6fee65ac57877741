namespace SeederMesh.Core.Http;

/// <summary>What a signed request is aimed at, as the components of RFC 9421, section 2.2.</summary>
/// <param name="Method">The method, in upper case as it is sent: <c>POST</c>.</param>
/// <param name="Authority">Host and port as in the Host header, without the scheme's own port; the case is levelled
/// here.</param>
/// <param name="Path">The absolute path as it is sent, percent-encoded; empty counts as <c>/</c>.</param>
/// <param name="Query">The query with its question mark as it is sent, or empty when there is none.</param>
public sealed record HttpRequestTarget(string Method, string Authority, string Path, string Query = "");

/// <summary>The three header fields that carry a signature.</summary>
/// <param name="ContentDigest">The field <c>Content-Digest</c>.</param>
/// <param name="SignatureInput">The field <c>Signature-Input</c>.</param>
/// <param name="Signature">The field <c>Signature</c>.</param>
public sealed record HttpSignatureHeaders(string ContentDigest, string SignatureInput, string Signature);
