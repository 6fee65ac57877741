using System.Globalization;
using System.Text.Json.Nodes;
using SeederMesh.Core.Money;

namespace SeederMesh.Cli.Demo;

/// <summary>What anybody may ask the demo's hub, as the live view and the last table need it.</summary>
internal sealed class DemoHub(string address) : IDisposable
{
    private readonly HttpClient client = new() { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>An answer, or null when the hub is not there at the moment or does not know the thing.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            return response.IsSuccessStatusCode
                ? await JsonNode.ParseAsync(
                    await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken) as JsonObject
                : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time limit of one request.
            return null;
        }
    }

    /// <summary>All payouts of a payee or channel, oldest first.</summary>
    /// <param name="filter">"payee=ID" or "channel=ID".</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyList<JsonObject>> ListPayoutsAsync(string filter, CancellationToken cancellationToken)
    {
        JsonObject? answer = await FindAsync($"/v1/payouts?{filter}&limit=1000", cancellationToken);
        return answer?["payouts"] is JsonArray list ? [.. list.OfType<JsonObject>().Reverse()] : [];
    }

    /// <summary>An amount field; no money where it is absent.</summary>
    public static Msat Amount(JsonObject? fields, string name) =>
        long.TryParse((string?)fields?[name], NumberStyles.None, CultureInfo.InvariantCulture, out long msat)
            ? Msat.From(msat)
            : Msat.Zero;

    /// <summary>A whole number; 0 where it is absent.</summary>
    public static long Number(JsonObject? fields, string name) =>
        fields?[name] is JsonValue value && value.TryGetValue(out long number) ? number : 0;

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
