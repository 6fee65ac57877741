using SeederMesh.Core.Channels;
using SeederMesh.Core.Identity;
using SeederMesh.Core.Money;

namespace SeederMesh.Client;

/// <content>Grants: when one is asked for, how large, and when it is shown.</content>
internal sealed partial class DownloaderExchange
{
    private const long AskAgainMs = 500;
    private const long StuckMs = 3_000;

    /// <summary>The hub of a direct channel may trust further than when it refused: who waits asks again now.</summary>
    public void OnTrusted()
    {
        foreach (SupplyingSeeder seeder in seeders.Values.Where(seeder => seeder.WaitsForTrust))
        {
            (seeder.WaitsForTrust, seeder.AskAtMs) = (false, 0);
            Provide(seeder);
        }
    }

    /// <summary>Shows the seeder a grant, or asks the hub for one, when the one in use will not last.</summary>
    private void Provide(SupplyingSeeder seeder)
    {
        if (seeder.Peer is null || !seeder.TakesReceipts || seeder.IsAsking)
        {
            return;
        }

        long inUse = seeder.Grant is { } grant ? plan.Price.BytesFor(grant.Grant.Limit) : 0;
        long ahead = Math.Min(Math.Max(inUse / 2, 2L * plan.PieceLength), RemainingBytes);
        if (seeder.Grant is not null && seeder.Session.Covers(ahead) && !IsStuck(seeder))
        {
            return;
        }

        if (seeder.Grant is null && RemainingBytes == 0 && seeder.Session.UnsignedBytes == 0)
        {
            return;
        }

        if (seeder.Spare is not null)
        {
            Show(seeder);
            return;
        }

        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (now >= seeder.AskAtMs)
        {
            Ask(seeder, now);
        }
    }

    /// <summary>Blocks that came twice, or before a restart, count against a grant at the seeder and are never receipted:
    /// then what is left of it looks enough here, and is used up there. Another grant ends that.</summary>
    private bool IsStuck(SupplyingSeeder seeder) =>
        RemainingBytes > 0
        && clock.GetUtcNow().ToUnixTimeMilliseconds() - seeder.MovedAtMs > StuckMs
        && !seeder.Session.Covers(RemainingBytes + (2L * plan.PieceLength));

    private void Ask(SupplyingSeeder seeder, long now)
    {
        if (seeder.Unanswered is { } asked)
        {
            (seeder.IsAsking, seeder.Unanswered) = (true, null);
            _ = AskAsync(seeder, asked.Limit, asked.Generation);
            return;
        }

        int supplying = Math.Max(1, seeders.Values.Count(other => other.Peer is not null));
        long bytes = plan.GrantBytes(seeder.GrantsShown, RemainingBytes / supplying) + seeder.Session.UnsignedBytes;
        long least = Math.Min(plan.PieceLength, Math.Max(seeder.Session.UnsignedBytes, Math.Min(RemainingBytes, plan.PieceLength)));
        if (GrantMax?.Invoke() is { } allowed)
        {
            // A limit is a msat above what its bytes cost.
            Msat most = seeder.Trusted ?? allowed;
            long trustedBytes = most.IsZero ? 0 : plan.Price.BytesFor(most.Less(Msat.From(1)));
            if (trustedBytes < least)
            {
                WaitForTrust(seeder, now);
                return;
            }

            bytes = Math.Min(bytes, trustedBytes);
        }

        Msat limit = Msat.Min(plan.Price.Of(Math.Max(least, bytes >> seeder.Shrinks)) + Msat.From(1), budget.Available);
        if (limit.IsZero || plan.Price.BytesFor(limit) < least || !budget.TryReserve(limit))
        {
            UseUp(seeder, now);
            return;
        }

        seeder.IsAsking = true;
        int generation = takeGeneration(seeder.Key);
        _ = AskAsync(seeder, limit, generation);
    }

    /// <summary>Something has to be paid first; <see cref="OnTrusted"/> ends it.</summary>
    private void WaitForTrust(SupplyingSeeder seeder, long now)
    {
        (seeder.WaitsForTrust, seeder.AskAtMs, seeder.Trusted) = (true, now + AskAgainMs, null);
        IsTrustUsedUp |= !seeder.Session.Covers(plan.PieceLength);
    }

    private async Task AskAsync(SupplyingSeeder seeder, Msat limit, int generation)
    {
        SignedGrant? grant = null;
        ClientException? failure = null;
        try
        {
            grant = await requestGrant(seeder.Key, limit, generation);
        }
        catch (ClientException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        post(() =>
        {
            seeder.IsAsking = false;
            if (grant is not null)
            {
                OnGrant(seeder, grant);
            }
            else
            {
                OnNoGrant(seeder, limit, generation, failure!);
            }
        });
    }

    private void OnNoGrant(SupplyingSeeder seeder, Msat limit, int generation, ClientException failure)
    {
        seeder.AskAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds() + AskAgainMs;
        if (failure is HubException { IsTransient: true })
        {
            // The hub may have given it and the answer got lost: the same grant is asked for again, not one more.
            seeder.Unanswered = (limit, generation);
        }
        else
        {
            budget.End(limit, Msat.Zero);
        }

        // Grants that ended are released when their seeders have reported: until then the hub says that the funds are in
        // use.
        if (failure is HubException { Problem: "insufficient-funds" })
        {
            seeder.Shrinks = Math.Min(seeder.Shrinks + 1, 16);
        }
        else if (failure is HubException { Problem: "too-much-unpaid" } refused)
        {
            // This seeder is trusted for less than the window lets expect: it is asked for that at once, or waited for.
            bool wasTold = seeder.Trusted is not null;
            WaitForTrust(seeder, clock.GetUtcNow().ToUnixTimeMilliseconds());
            if (!wasTold && refused.Available is { } available && available < limit)
            {
                (seeder.Trusted, seeder.AskAtMs) = (available, 0);
                Provide(seeder);
            }
        }
        else if (failure is HubException { Problem: "seeder-not-direct" })
        {
            // It is an ordinary peer on this channel, whatever it could be on another.
            seeder.IsUnpayable = true;
            events.Report(new SeederNotDirect(seeder.Key));
        }
        else
        {
            events.Report(new GetWarning($"No grant for seeder {seeder.Key}: {failure.Message}"));
        }

        CheckSatisfied();
    }

    private void OnGrant(SupplyingSeeder seeder, SignedGrant grant)
    {
        (seeder.Shrinks, seeder.Trusted, seeder.WaitsForTrust) = (0, null, false);
        seeder.Spare = grant;
        IsTrustUsedUp = false;
        if (seeder.Peer is not null && seeder.TakesReceipts)
        {
            Show(seeder);
        }
    }

    private void Show(SupplyingSeeder seeder)
    {
        SignedGrant grant = seeder.Spare!;
        Sign(seeder);
        EndGrant(seeder);
        byte[] message = seeder.Session.Present(grant, seeder.Nonce);
        (seeder.Grant, seeder.Spare, seeder.AcceptedSequence) = (grant, null, 0);
        seeder.GrantsShown++;
        seeder.MovedAtMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        IsBudgetUsedUp = false;
        link.Send(seeder.Peer!.Value, message);
        events.Report(new GrantShown(seeder.Key, grant.Grant.Limit, seeder.GrantsShown - 1));
        Sign(seeder);
    }

    /// <summary>Takes the grant in use out of use: what was signed is spent, the rest is free again.</summary>
    private void EndGrant(SupplyingSeeder seeder)
    {
        if (seeder.Grant is { } grant)
        {
            budget.End(grant.Grant.Limit, seeder.Session.Signed);
            seeder.SignedBefore += seeder.Session.Signed;
            seeder.Grant = null;
        }
    }

    private void UseUp(SupplyingSeeder seeder, long now)
    {
        seeder.AskAtMs = now + AskAgainMs;

        // While another seeder's grant is in use, its rest may still come free.
        if (!IsBudgetUsedUp && plan.Price.BytesFor(plan.Budget.Less(Msat.Min(plan.Budget, Signed))) < plan.PieceLength)
        {
            IsBudgetUsedUp = true;
            events.Report(new BudgetUsedUp());
        }
    }
}
