using System.Text.Json;
using System.Text.Json.Nodes;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <content>How the caller is paid.</content>
public sealed partial class HubClient
{
    /// <summary>Says how a payee of the caller's wants to be paid; what is null stays as it is.</summary>
    /// <param name="payee">The payee.</param>
    /// <param name="threshold">Paid as soon as this much is owed.</param>
    /// <param name="schedule">stream, hourly, daily@HH:MM, weekly@mon-HH:MM (UTC) or on-demand.</param>
    /// <param name="feeBearer">hub, split or payee.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The payee as the hub now has it.</returns>
    public async Task<JsonObject> PutTermsAsync(
        Id128 payee, Msat? threshold, string? schedule, string? feeBearer, CancellationToken cancellation = default)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new { ThresholdMsat = threshold?.Value.ToString(), Schedule = schedule, FeeBearer = feeBearer }, ClientJson.Wire);
        Answer answer = await SendAsync(HttpMethod.Put, $"v1/payees/{payee}/terms", body, "application/json", cancellation);
        return Read<JsonObject>(answer.Body);
    }

    /// <summary>Asks the hub to pay a payee of the caller's now.</summary>
    public Task<JsonObject> PayNowAsync(Id128 payee, CancellationToken cancellation = default) =>
        PostAsync<JsonObject>($"v1/payees/{payee}/pay", new { }, cancellation);

    /// <summary>Asks the hub to try a parked payout again at once, as its operator or its payee.</summary>
    public Task<JsonObject> RetryPayoutAsync(Id128 payout, CancellationToken cancellation = default) =>
        PostAsync<JsonObject>($"v1/payouts/{payout}/retry", new { }, cancellation);
}
