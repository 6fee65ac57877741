using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;
using SeederMesh.Lightning.Rest;

namespace SeederMesh.Lightning.CoreLightning;

/// <summary>Keysend under the caller's preimage.</summary>
/// <remarks>
/// lightningd's own <c>keysend</c> draws the preimage itself, so that its hash could not be stored before it is sent.
/// Here the onion is built with
/// <c>getroute</c> and <c>createonion</c>, the preimage in the last hop (TLV 5482373484), and sent with
/// <c>sendonion</c>: the hash is the
/// caller's, and lightningd refuses a second payment under it while one is alive.
/// </remarks>
public sealed partial class CoreLightningNode
{
    private const ulong KeysendPreimageType = 5_482_373_484;
    private const int KeysendAttemptsMax = 5;

    // BOLT 2's default of 18 blocks for the last HTLC, and some for blocks that arrive on the way.
    private const int FinalExpiryBlocks = 22;

    /// <inheritdoc/>
    public async Task<Payment> KeysendAsync(KeysendRequest request, CancellationToken cancellation = default)
    {
        Digest hash = request.Preimage.PaymentHash;
        if (request.Amount.IsZero)
        {
            return Payment.Failed(hash, PaymentFailure.WrongAmount, "A payment of zero is not possible.");
        }

        Payment before = await LookUpPaymentAsync(hash, cancellation);
        if (before.Status is PaymentStatus.Succeeded or PaymentStatus.Unknown)
        {
            return before;
        }

        if (before.Status == PaymentStatus.Pending)
        {
            return await WaitForAsync(before, request.TimeLimit, cancellation);
        }

        List<string> excluded = [];
        while (true)
        {
            (Payment outcome, string? channel) = await TryKeysendAsync(request, excluded, cancellation);
            if (channel is null || excluded.Count + 1 == KeysendAttemptsMax)
            {
                return outcome;
            }

            excluded.Add(channel);
        }
    }

    // An attempt's outcome, and the channel to leave out of the next attempt when it failed on the way.
    private async Task<(Payment Outcome, string? Channel)> TryKeysendAsync(
        KeysendRequest request, List<string> excluded, CancellationToken cancellation)
    {
        Digest hash = request.Preimage.PaymentHash;
        bool sent = false;
        try
        {
            JsonElement[] route = await RouteAsync(request, excluded, cancellation);
            if (route.Length == 0)
            {
                return (await PayOwnAsync(request, cancellation), null);
            }

            Msat total = RpcReader.Amount(route[0], "amount_msat") ?? throw RpcReader.Malformed("getroute", "amount_msat");
            if (total > request.Amount + request.MaxFee)
            {
                return (Payment.Failed(
                    hash,
                    PaymentFailure.FeeTooHigh,
                    $"The cheapest path costs {total.Less(request.Amount).Value} msat; the limit is {request.MaxFee.Value} msat."), null);
            }

            RpcParameters onion = await OnionAsync(request, route, cancellation);
            sent = true;
            await rpc.CallAsync("sendonion", onion, answerTime, cancellation);
            JsonElement paid = await rpc.CallAsync(
                "waitsendpay",
                new RpcParameters()
                    .Add("payment_hash", hash.ToString())
                    .Add("timeout", Math.Max(1, (long)request.TimeLimit.TotalSeconds)),
                request.TimeLimit + payMargin,
                cancellation);
            Payment payment = Paid(new PaymentTarget(hash, request.Amount, true), paid);
            return (payment with { Fee = total.Less(request.Amount), Destination = request.Destination }, null);
        }
        catch (RpcErrorException error)
        {
            Payment outcome = await AfterErrorAsync(hash, error, TimeSpan.FromSeconds(1), cancellation);
            return (outcome, outcome.Status == PaymentStatus.Failed ? ErringChannel(error) : null);
        }
        catch (LightningNodeException unreachable) when (!sent)
        {
            return (Payment.Failed(hash, PaymentFailure.NodeUnavailable, unreachable.Message), null);
        }
        catch (Exception lost) when (lost is RpcLostException or LightningNodeException or OperationCanceledException)
        {
            return (await AfterLossAsync(hash, lost.Message), null);
        }
    }

    private async Task<JsonElement[]> RouteAsync(KeysendRequest request, List<string> excluded, CancellationToken cancellation)
    {
        JsonElement found = await rpc.CallAsync(
            "getroute",
            new RpcParameters()
                .Add("id", request.Destination.ToString())
                .Add("amount_msat", request.Amount)
                .Add("riskfactor", 10)
                .Add("cltv", FinalExpiryBlocks)
                .Add("fuzzpercent", 0)
                .Add("exclude", excluded),
            answerTime,
            cancellation);
        return JsonFields.Find(found, "route") is null
            ? throw RpcReader.Malformed("getroute", "route")
            : [.. JsonFields.Items(found, "route")];
    }

    // An empty route leads to the node itself, as where one node serves a hub and a seedbox. xpay pays own invoices, and an
    // invoice can be made with the preimage that was given: the hash is the same, and so is the look-up.
    private async Task<Payment> PayOwnAsync(KeysendRequest request, CancellationToken cancellation)
    {
        Digest hash = request.Preimage.PaymentHash;
        Invoice? invoice = await LookUpInvoiceAsync(hash, cancellation);
        if (invoice is null)
        {
            JsonElement made = await rpc.CallAsync(
                "invoice",
                new RpcParameters()
                    .Add("amount_msat", request.Amount)
                    .Add("label", $"keysend-{hash}")
                    .Add("description", "keysend")
                    .Add("preimage", request.Preimage.ToString()),
                answerTime,
                cancellation);
            invoice = new Invoice
            {
                PaymentHash = RpcReader.Hash(made, "payment_hash"),
                Label = $"keysend-{hash}",
                Bolt11 = JsonFields.Text(made, "bolt11") ?? throw RpcReader.Malformed("invoice", "bolt11"),
                Status = InvoiceStatus.Open,
            };
        }

        return invoice.Bolt11.Length == 0 || invoice.PaymentHash != hash
            ? throw RpcReader.Malformed("invoice", "bolt11")
            : await PayAsync(new PayRequest(invoice.Bolt11, request.MaxFee) { TimeLimit = request.TimeLimit }, cancellation);
    }

    private async Task<RpcParameters> OnionAsync(KeysendRequest request, JsonElement[] route, CancellationToken cancellation)
    {
        JsonElement info = await rpc.CallAsync("getinfo", new RpcParameters(), answerTime, cancellation);
        long height = JsonFields.Number(info, "blockheight") ?? throw RpcReader.Malformed("getinfo", "blockheight");
        List<RpcParameters> hops = [];
        for (int i = 0; i < route.Length; i++)
        {
            // A hop is told what the next one gets; the last one what it gets itself, and the preimage.
            bool final = i == route.Length - 1;
            JsonElement next = route[final ? i : i + 1];
            hops.Add(new RpcParameters()
                .Add("pubkey", JsonFields.Text(route[i], "id"))
                .Add("payload", Convert.ToHexStringLower(HopPayload(
                    (ulong)(RpcReader.Amount(next, "amount_msat") ?? request.Amount).Value,
                    (ulong)(height + (JsonFields.Number(next, "delay") ?? FinalExpiryBlocks)),
                    final ? null : JsonFields.Text(next, "channel"),
                    final ? request.Preimage : null))));
        }

        string hash = request.Preimage.PaymentHash.ToString();
        JsonElement onion = await rpc.CallAsync(
            "createonion", new RpcParameters().Add("hops", hops).Add("assocdata", hash), answerTime, cancellation);
        string[] secrets = onion.TryGetProperty("shared_secrets", out JsonElement shared)
            ? [.. shared.EnumerateArray().Select(secret => secret.GetString() ?? "")]
            : [];
        return new RpcParameters()
            .Add("onion", JsonFields.Text(onion, "onion"))
            .Add("first_hop", new RpcParameters()
                .Add("id", JsonFields.Text(route[0], "id"))
                .Add("amount_msat", RpcReader.Amount(route[0], "amount_msat"))
                .Add("delay", JsonFields.Number(route[0], "delay") ?? FinalExpiryBlocks))
            .Add("payment_hash", hash)
            .Add("shared_secrets", secrets)
            .Add("amount_msat", request.Amount)
            .Add("destination", request.Destination.ToString());
    }

    /// <summary>A hop's payload: TLVs 2 (amount), 4 (absolute expiry), 6 (next channel), with their length before them.
    /// Source: BOLT 4.</summary>
    internal static byte[] HopPayload(ulong amountMsat, ulong expiryHeight, string? nextChannel, Preimage? preimage)
    {
        List<byte> records = [];
        Record(records, 2, Truncated(amountMsat));
        Record(records, 4, Truncated(expiryHeight));
        if (nextChannel is not null)
        {
            Record(records, 6, ShortChannelId(nextChannel));
        }

        if (preimage is { } secret)
        {
            Record(records, KeysendPreimageType, secret.ToArray());
        }

        return [.. BigSize((ulong)records.Count), .. records];
    }

    private static void Record(List<byte> records, ulong type, byte[] value)
    {
        records.AddRange(BigSize(type));
        records.AddRange(BigSize((ulong)value.Length));
        records.AddRange(value);
    }

    private static byte[] BigSize(ulong value)
    {
        byte[] bytes = new byte[9];
        switch (value)
        {
            case < 0xfd:
                return [(byte)value];
            case <= 0xffff:
                bytes[0] = 0xfd;
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), (ushort)value);
                return bytes[..3];
            case <= 0xffff_ffff:
                bytes[0] = 0xfe;
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(1), (uint)value);
                return bytes[..5];
            default:
                bytes[0] = 0xff;
                BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), value);
                return bytes;
        }
    }

    // tu64: big-endian without leading zero bytes.
    private static byte[] Truncated(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return [.. bytes.SkipWhile(b => b == 0)];
    }

    // "103x1x2": block, transaction, output.
    private static byte[] ShortChannelId(string text)
    {
        string[] parts = text.Split('x');
        byte[] bytes = new byte[8];
        bool valid = parts.Length == 3
            & uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint block)
            & uint.TryParse(parts.ElementAtOrDefault(1), NumberStyles.None, CultureInfo.InvariantCulture, out uint transaction)
            & ushort.TryParse(parts.ElementAtOrDefault(2), NumberStyles.None, CultureInfo.InvariantCulture, out ushort output);
        if (!valid || block > 0xff_ffff || transaction > 0xff_ffff)
        {
            throw RpcReader.Malformed("getroute", "channel");
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)block << 40) | ((ulong)transaction << 16) | output);
        return bytes;
    }

    // waitsendpay's error 204 names the channel that failed, as getroute's exclude wants it; the payee's own refusal
    // (203) names none to avoid.
    private static string? ErringChannel(RpcErrorException error)
    {
        if (error.Code != 204 || error.Details is not { } details)
        {
            return null;
        }

        string? channel = JsonFields.Text(details, "erring_channel");
        long? direction = JsonFields.Number(details, "erring_direction");
        return channel is null || direction is null
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{channel}/{direction}");
    }
}
