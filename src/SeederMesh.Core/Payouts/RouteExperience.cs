using SeederMesh.Core.Money;
using SeederMesh.Core.Splits;

namespace SeederMesh.Core.Payouts;

/// <summary>What payments have taught about the way to one payee: what is too little for it, and what is too
/// much.</summary>
/// <remarks>Pure. What was learned is forgotten after an hour without a payment: routes change.</remarks>
public sealed record RouteExperience
{
    private const long RemembersMs = 3_600_000;

    private Msat worthwhile;
    private Msat passable = Msat.Max;
    private Msat least;
    private Msat most = Msat.Max;

    private RouteExperience()
    {
    }

    /// <summary>Nothing is known: any amount may do.</summary>
    public static RouteExperience None { get; } = new();

    /// <summary>Less than this costs too much of itself in routing, or is less than the payee takes.</summary>
    public Msat Minimum => worthwhile >= least ? worthwhile : least;

    /// <summary>More than this found no way, or is more than the payee takes at a time.</summary>
    public Msat Ceiling => Msat.Min(passable, most);

    /// <summary>How many routes in a row were too dear.</summary>
    public int DearRoutes { get; private init; }

    /// <summary>When this is forgotten, unix milliseconds; 0 while there is nothing to forget.</summary>
    public long ForgottenAtUnixMs { get; private init; }

    /// <summary>What is still known at a time. Nothing where the clock was set back: it was learned at no known time.</summary>
    public RouteExperience At(long nowUnixMs) =>
        nowUnixMs >= ForgottenAtUnixMs || ForgottenAtUnixMs - nowUnixMs > RemembersMs ? None : this;

    /// <summary>The route cost more than it may: a larger amount bears the same base fee better.</summary>
    /// <param name="reserved">What was set aside for the payment.</param>
    /// <param name="nowUnixMs">Now.</param>
    public RouteExperience AfterTooDear(Msat reserved, long nowUnixMs) => this with
    {
        worthwhile = Double(reserved >= worthwhile ? reserved : worthwhile),
        DearRoutes = DearRoutes + 1,
        ForgottenAtUnixMs = nowUnixMs + RemembersMs,
    };

    /// <summary>No path carried the amount: half of it may find one.</summary>
    /// <param name="amount">What was to be paid.</param>
    /// <param name="smallest">A part smaller than this is not worth a payment.</param>
    /// <param name="nowUnixMs">Now.</param>
    public RouteExperience AfterNoRoute(Msat amount, Msat smallest, long nowUnixMs)
    {
        Msat half = Msat.From((amount.Value + 1) / 2);
        return this with { passable = half >= smallest ? half : smallest, ForgottenAtUnixMs = nowUnixMs + RemembersMs };
    }

    /// <summary>The payee takes no less or no more than this at a time.</summary>
    /// <param name="takesLeast">The least.</param>
    /// <param name="takesMost">The most, above zero.</param>
    /// <param name="nowUnixMs">Now.</param>
    public RouteExperience AfterLimits(Msat takesLeast, Msat takesMost, long nowUnixMs) => this with
    {
        least = takesLeast,
        most = takesMost,
        ForgottenAtUnixMs = nowUnixMs + RemembersMs,
    };

    /// <summary>A payment arrived: what it cost says what the next one must carry, and a part that passed may grow
    /// again.</summary>
    /// <param name="amount">What arrived.</param>
    /// <param name="fee">What routing cost. Fees do not fall with the amount, so an amount of which this is the allowed
    /// share is enough.</param>
    /// <param name="limit">The allowed share.</param>
    /// <param name="nowUnixMs">Now.</param>
    public RouteExperience AfterSuccess(Msat amount, Msat fee, BasisPoints limit, long nowUnixMs)
    {
        if (ForgottenAtUnixMs == 0)
        {
            return this;
        }

        Int128 enough = limit.Value == 0 ? 0 : (((Int128)fee.Value * BasisPoints.Whole) + limit.Value - 1) / limit.Value;
        return this with
        {
            worthwhile = Msat.Min(worthwhile, Msat.From((long)Int128.Min(enough, amount.Value))),
            passable = amount >= passable ? Double(passable) : passable,
            DearRoutes = 0,
            ForgottenAtUnixMs = nowUnixMs + RemembersMs,
        };
    }

    private static Msat Double(Msat amount) => amount.Value > Msat.Max.Value / 2 ? Msat.Max : amount + amount;
}
