using System.Text.Json;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <summary>A payment of the downloader's own wallet to somebody whom a download owes.</summary>
internal sealed record DirectPayment
{
    /// <summary>The hub's id of it.</summary>
    public required Id128 PayoutId { get; init; }

    /// <summary>Who is paid.</summary>
    public required Id128 PayeeId { get; init; }

    /// <summary>What arrives.</summary>
    public required Msat Amount { get; init; }

    /// <summary>The most that routing may cost.</summary>
    public required Msat FeeMax { get; init; }

    /// <summary>The payee's invoice.</summary>
    public required string Invoice { get; init; }

    /// <summary>The one hash that it is paid under.</summary>
    public required Digest PaymentHash { get; init; }

    /// <summary>When the invoice can no longer be paid, unix ms.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>What proves it; null while it is not known to be paid.</summary>
    public Digest? Preimage { get; init; }

    /// <summary>What routing cost.</summary>
    public Msat Fee { get; init; }

    /// <summary>The most that it can take from the wallet: what it took, once that is known.</summary>
    public Msat Cost => Amount + (Preimage is null ? FeeMax : Fee);
}

/// <summary>Every payment of a direct download: on the disk before the wallet hears of it, until its proof is at the
/// hub.</summary>
/// <remarks>Thread safe. A crash at any moment leaves either no trace and no payment, or the hash to ask the wallet
/// about.</remarks>
internal sealed class DirectJournal
{
    private readonly Lock gate = new();
    private readonly string path;
    private Content content;

    private DirectJournal(string path, Content content) => (this.path, this.content) = (path, content);

    /// <summary>What was paid and proved, without routing; what routing cost; and how many payments that were.</summary>
    public (Msat Paid, Msat Fees, int Count) Proved => Look(now => (now.Paid, now.Fees, now.Count));

    /// <summary>Payments that are not proved.</summary>
    public IReadOnlyList<DirectPayment> Open => Look(now => now.Open);

    /// <summary>Everything that was, or may have been, taken from the wallet.</summary>
    public Msat Cost => Look(now => now.Open.Aggregate(now.Paid + now.Fees, (sum, payment) => sum + payment.Cost));

    /// <summary>What payees got, or may have got.</summary>
    public Msat Amount => Look(now => now.Open.Aggregate(now.Paid, (sum, payment) => sum + payment.Amount));

    /// <summary>Opens the journal of a download.</summary>
    /// <exception cref="ClientException">It cannot be read.</exception>
    public static DirectJournal Load(string path)
    {
        try
        {
            return new DirectJournal(
                path,
                File.Exists(path) ? JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), ClientJson.Files)! : new Content());
        }
        catch (JsonException exception)
        {
            throw new ClientException(
                $"{path} cannot be read: {exception.Message} It says what your wallet has paid: keep the folder.", exception);
        }
    }

    /// <summary>Notes a payment before the wallet hears of it, unless it would cost more than is allowed.</summary>
    /// <param name="payment">The payment.</param>
    /// <param name="costMax">The most that everything may cost.</param>
    /// <param name="amountMax">The most that payees may get.</param>
    /// <returns>Whether it may be paid; false also when its hash is noted for another payment, or was paid
    /// before.</returns>
    public bool TryIntend(DirectPayment payment, Msat costMax, Msat amountMax)
    {
        lock (gate)
        {
            bool isAllowed = Cost + payment.Cost <= costMax
                && Amount + payment.Amount <= amountMax
                && content.Open.All(other => other.PaymentHash != payment.PaymentHash && other.PayoutId != payment.PayoutId);
            if (isAllowed)
            {
                Store(content with { Open = [.. content.Open, payment] });
            }

            return isAllowed;
        }
    }

    /// <summary>Notes that a payment arrived.</summary>
    public DirectPayment Arrived(DirectPayment payment, Digest preimage, Msat fee)
    {
        DirectPayment arrived = payment with { Preimage = preimage, Fee = fee };
        lock (gate)
        {
            Store(content with { Open = [.. content.Open.Select(other => other.PayoutId == payment.PayoutId ? arrived : other)] });
        }

        return arrived;
    }

    /// <summary>The hub has the proof.</summary>
    public void Close(DirectPayment payment)
    {
        lock (gate)
        {
            Store(new Content
            {
                Paid = content.Paid + payment.Amount,
                Fees = content.Fees + payment.Fee,
                Count = content.Count + 1,
                Open = [.. content.Open.Where(other => other.PayoutId != payment.PayoutId)],
            });
        }
    }

    /// <summary>It was not paid and will not be: the wallet says so, and the invoice expired.</summary>
    public void GivenUp(DirectPayment payment)
    {
        lock (gate)
        {
            Store(content with { Open = [.. content.Open.Where(other => other.PayoutId != payment.PayoutId)] });
        }
    }

    private T Look<T>(Func<Content, T> look)
    {
        lock (gate)
        {
            return look(content);
        }
    }

    private void Store(Content changed)
    {
        DurableFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(changed, ClientJson.Files));
        content = changed;
    }

    private sealed record Content
    {
        public Msat Paid { get; init; }

        public Msat Fees { get; init; }

        public int Count { get; init; }

        public IReadOnlyList<DirectPayment> Open { get; init; } = [];
    }
}
