using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using SeederMesh.Core.Exchange;
using SeederMesh.Core.Money;
using SeederMesh.Core.Payouts;
using SeederMesh.Core.Splits;
using SeederMesh.Sim.Attacks;
using SeederMesh.Sim.Published;

namespace SeederMesh.Sim.Scenarios;

/// <summary>Checks a scenario's text against the schema and makes a <see cref="Scenario"/> of it.</summary>
/// <remarks>Every error names the line, the key, and what is allowed; all of them are reported at once.</remarks>
internal sealed partial class ScenarioReader
{
    private readonly ScenarioText text;
    private readonly List<string> errors = [];
    private readonly Dictionary<string, object> parsed = new(StringComparer.Ordinal);

    private ScenarioReader(ScenarioText text) => this.text = text;

    /// <summary>Reads a scenario.</summary>
    /// <exception cref="ScenarioException">It is not valid; the message has a line for each error.</exception>
    public static Scenario Read(string yaml, IEnumerable<string>? assignments = null)
    {
        ScenarioText written = ScenarioText.Parse(yaml);
        foreach (string assignment in assignments ?? [])
        {
            written.Set(assignment);
        }

        return Read(written);
    }

    /// <inheritdoc cref="Read(string, IEnumerable{string})"/>
    public static Scenario Read(ScenarioText text)
    {
        var reader = new ScenarioReader(text);
        reader.errors.AddRange(text.Errors);
        reader.Check();
        Scenario? scenario = reader.errors.Count == 0 ? reader.Build() : null;
        return reader.errors.Count == 0 && scenario is not null
            ? scenario
            : throw new ScenarioException(string.Join('\n', reader.errors));
    }

    private void Check()
    {
        foreach ((string path, (string value, string where)) in text.Values)
        {
            string pattern = ListPosition().Replace(path, "[]");
            if (ScenarioSchema.Find(pattern) is not { } key)
            {
                errors.Add($"{where}: {path}: no such key; allowed here: {ScenarioSchema.AllowedBeside(pattern)}");
                continue;
            }

            Parse(key, path, value, where);
        }

        foreach (string key in text.Sweep.Keys)
        {
            string pattern = Selector().Replace(key, "[]");
            if (ScenarioSchema.Find(pattern) is null)
            {
                errors.Add($"sweep.{key}: no such key; allowed: {ScenarioSchema.AllowedBeside(pattern)}");
            }
        }
    }

    private void Parse(SchemaKey key, string path, string value, string where)
    {
        (object? result, string expected) = ParseValue(key, value);
        if (result is null)
        {
            errors.Add($"{where}: {path}: '{value}' is not allowed; write {expected}");
        }
        else if (result is double number && (number < key.Minimum || number > key.Maximum))
        {
            errors.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{where}: {path}: '{value}' is out of range; allowed: {key.Minimum} to {key.Maximum} (in base units)"));
        }
        else
        {
            parsed[path] = result;
        }
    }

    private static (object? Value, string Expected) ParseValue(SchemaKey key, string value)
    {
        double number;
        return key.Kind switch
        {
            ValueKind.Integer => (
                Quantity.TryNumber(value.Replace("_", "", StringComparison.Ordinal), out number) && number == Math.Floor(number)
                    ? number
                    : null,
                "a whole number"),
            ValueKind.Number => (value == "inf" ? double.PositiveInfinity : Quantity.TryNumber(value, out number)
                ? number : null, "a number"),
            ValueKind.Flag => (value is "yes" or "true" ? true : value is "no" or "false" ? false : null, "yes or no"),
            ValueKind.Choice => (key.Allowed.Contains(value, StringComparer.Ordinal) ? value : null, "one of: "
                + string.Join(", ", key.Allowed)),
            ValueKind.Duration => (Quantity.TryDuration(value, out number) ? number : null,
                "a time, e.g. 500ms, 10s, 5min, 2h, 1d"),
            ValueKind.Size => (Quantity.TrySize(value, out number) ? number : null, "a size, e.g. 256KiB, 1MiB, 2GB"),
            ValueKind.Money => (Quantity.TryMoney(value, out number) ? number : null, "an amount, e.g. 1500msat, 2sat"),
            ValueKind.Price => (Quantity.TryPrice(value, out number) ? number : null, "a price, e.g. 1000msat/MiB"),
            ValueKind.Rate => (Quantity.TryRate(value, out number) ? number : null, "a rate, e.g. 0.4/s, 10/min"),
            ValueKind.Capacity => (
                Quantity.TryCapacity(value, out Distribution capacity) ? capacity : null,
                "a capacity, e.g. 1Mbit/s, 64KiB/s, uniform(1Mbit/s, 8Mbit/s), exponential(1Mbit/s), lognormal(1Mbit/s, 0.8), "
                + "choice(1Mbit/s: 0.7, 8Mbit/s: 0.3), unlimited"),
            ValueKind.Arrival => (
                Quantity.TryArrival(value, out ArrivalModel arrival) ? arrival : null,
                "start, poisson(0.4/s), flash(60s) or trace(0s, 1s, ...)"),
            ValueKind.Attacks => (ParseAttacks(value), "attacks out of: " + string.Join(", ", AttackCatalogue.Names)),
            _ => (value.Length > 0 ? value : null, "a text"),
        };
    }

    private static string[]? ParseAttacks(string value)
    {
        string[] names = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.All(name => AttackCatalogue.Names.Contains(name, StringComparer.Ordinal)) ? names : null;
    }

    /// <summary>The value at a path: as written, or the schema's default.</summary>
    private T Get<T>(string path)
    {
        if (parsed.TryGetValue(path, out object? value))
        {
            return (T)value;
        }

        SchemaKey key = ScenarioSchema.Find(ListPosition().Replace(path, "[]"))!;
        if (key.Default is null)
        {
            errors.Add($"{Where(path[..(path.LastIndexOf('.') + 1)])}{path}: must be given");
        }

        return (T)ParseValue(key, key.Default ?? "?").Value!;
    }

    private double Number(string path) => Get<double>(path);

    private int Integer(string path) => (int)Get<double>(path);

    private T Choice<T>(string path)
        where T : struct, Enum =>
        Enum.Parse<T>(Get<string>(path).Replace("-", "", StringComparison.Ordinal), ignoreCase: true);

    private Scenario? Build()
    {
        double size = Number("content.size");
        double piece = Number("content.piece");
        if (size % piece != 0 || size / piece > ushort.MaxValue)
        {
            string written = parsed.ContainsKey("content.size") ? "content.size" : "content.piece";
            errors.Add($"{Where(written)}content.size: must be 1 to {ushort.MaxValue} whole pieces of content.piece");
        }

        double tick = Number("time.tick");
        if (Number("time.end") / tick > int.MaxValue - 2.0)
        {
            errors.Add($"{Where("time.end")}time.end: is more than 2^31 ticks; make time.tick longer");
        }

        var populations = new List<Population>();
        for (int index = 0; index < text.CountOf("populations"); index++)
        {
            populations.Add(BuildPopulation($"populations[{index}]"));
        }

        ScenarioMode mode = Choice<ScenarioMode>("mode");
        CheckTogether(mode);
        if (errors.Count > 0)
        {
            return null;
        }

        var scenario = new Scenario
        {
            Name = Get<string>("name"),
            Mode = mode,
            Seed = (ulong)Number("seed"),
            Replicates = Integer("replicates"),
            TickMs = tick * 1000,
            StopWhenComplete = Get<string>("time.stop") == "complete",
            Network = BuildNetwork(),
            Content = new ContentModel
            {
                Torrents = Integer("content.torrents"),
                Zipf = Number("content.zipf"),
                Pieces = (int)(size / piece),
                PieceLength = (int)piece,
            },
            Populations = populations,
            Mechanism = BuildMechanism(),
            Parameters = BuildParameters("parameters.", PublishedCases.ParametersOf(Get<string>("published.case"), mode)),
            Attacks = Get<string[]>("attacks"),
            AttackParameters = BuildParameters("attack.", AttackCatalogue.Parameters),
            PublishedCase = Get<string>("published.case"),
            PublishedTolerance = Number("published.tolerance"),
            Sweep = text.Sweep,
        };
        return errors.Count > 0 ? null : scenario with
        {
            EndTicks = scenario.Ticks(Number("time.end"), 1),
            WarmUpTicks = scenario.Ticks(Number("time.warm-up")),
            SampleTicks = scenario.Ticks(Number("time.sample"), 1),
            Resolved = Resolve(),
        };
    }

    /// <summary>What was written, and the defaults of what was not.</summary>
    private List<string> Resolve()
    {
        var resolved = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (SchemaKey key in ScenarioSchema.Keys.Where(key => key.Default is not null))
        {
            IEnumerable<string> paths = key.Path.StartsWith("populations[]", StringComparison.Ordinal)
                ? Enumerable.Range(0, text.CountOf("populations")).Select(index =>
                    $"populations[{index}]{key.Path["populations[]".Length..]}")
                : [key.Path];
            foreach (string path in paths)
            {
                resolved[path] = key.Default!;
            }
        }

        foreach ((string path, (string value, _)) in text.Values)
        {
            resolved[path] = value;
        }

        return [.. resolved.Select(entry => $"{entry.Key}: {entry.Value}")];
    }

    private NetworkModel BuildNetwork() => new()
    {
        LatencySeconds = Number("network.latency"),
        Neighbours = Integer("network.neighbours"),
        DownloadsMax = Integer("network.downloads"),
        Selection = Choice<PieceSelection>("network.selection"),
        RarestSample = Integer("network.rarest-sample"),
        RechokeSeconds = Number("network.rechoke"),
        TransferIsExponential = Get<string>("network.transfer") == "exponential",
        OptimisticRounds = Integer("network.optimistic-rounds"),
    };

    private Population BuildPopulation(string path) => new()
    {
        Name = Get<string>(path + ".name"),
        IsSeed = Get<string>(path + ".role") == "seed",
        Count = Integer(path + ".count"),
        Arrival = Get<ArrivalModel>(path + ".arrival"),
        Up = Get<Distribution>(path + ".up"),
        Down = Get<Distribution>(path + ".down"),
        Slots = Integer(path + ".slots"),
        StaySeconds = parsed.ContainsKey(path + ".stay") || Get<string>(path + ".role") == "leecher"
            ? Number(path + ".stay")
            : double.PositiveInfinity,
        StayIsExponential = Get<string>(path + ".stay-kind") == "exponential",
        AbortRate = Number(path + ".abort-rate"),
        Nat = Number(path + ".nat"),
        Uploads = Get<bool>(path + ".uploads"),
        SuperSeeds = Get<bool>(path + ".super-seeds"),
        Choke = Choice<ChokePolicy>(path + ".choke"),
        Neighbours = parsed.ContainsKey(path + ".neighbours")
            ? Math.Min(Integer(path + ".neighbours"), Integer("network.neighbours"))
            : Integer("network.neighbours"),
        LargeView = Get<bool>(path + ".large-view"),
        IsAttacker = Get<bool>(path + ".attacker"),
        Pays = Get<bool>(path + ".pays"),
        SignsPieces = Integer(path + ".signs"),
    };

    private MechanismModel BuildMechanism()
    {
        (int Creator, int Seeders, int Registry, int Hub) split = (
            Integer("mechanism.split.creator"), Integer("mechanism.split.seeders"),
            Integer("mechanism.split.registry"), Integer("mechanism.split.hub"));
        int sum = split.Creator + split.Seeders + split.Registry + split.Hub;
        if (sum != 10_000)
        {
            errors.Add($"{Where("mechanism.split")}mechanism.split: the shares add up to {sum} basis points, not 10000");
        }

        return new MechanismModel
        {
            Price = new PricePerMebibyte((long)Number("mechanism.price")),
            Split = split,
            Exposure = new ExposurePolicy((long)Number("mechanism.exposure.initial"), (long)Number("mechanism.exposure.cap")),
            VerifyShare = Number("mechanism.verify-share"),
            PayoutThreshold = Msat.From((long)Number("mechanism.payout.threshold")),
            FeeBearer = Choice<FeeBearer>("mechanism.payout.fee-bearer"),
            FeeLimit = new BasisPoints(Integer("mechanism.payout.fee-limit")),
            RoutingFee = ((long)Number("mechanism.payout.fee-base"), Integer("mechanism.payout.fee-ppm")),
            Defences = new DefenceModel
            {
                Window = Get<bool>("mechanism.defences.window"),
                PayAfterHash = Get<bool>("mechanism.defences.pay-after-hash"),
                Deduplicate = Get<bool>("mechanism.defences.deduplicate"),
                PerByte = Get<bool>("mechanism.defences.per-byte"),
                AuditRate = Number("mechanism.defences.audit-rate"),
                Bond = Number("mechanism.defences.bond"),
                Decay = Number("mechanism.defences.decay"),
                ConnectivityDecay = Number("mechanism.defences.connectivity-decay"),
                Ramp = Get<bool>("mechanism.defences.ramp"),
                PriceCheck = Get<bool>("mechanism.defences.price-check"),
                Fees = Get<bool>("mechanism.defences.fees"),
                MatchCap = Get<bool>("mechanism.defences.match-cap"),
                MatchRule = Choice<MatchRule>("mechanism.defences.match-rule"),
                PoolFee = Number("mechanism.defences.pool-fee"),
                Links = Integer("mechanism.defences.links"),
                Deposit = Number("mechanism.defences.deposit"),
            },
        };
    }

    /// <summary>The parameters that are given, and the defaults of the others.</summary>
    private Dictionary<string, double> BuildParameters(string prefix, ImmutableArray<ScenarioParameter> allowed)
    {
        var values = allowed.Where(parameter => !double.IsNaN(parameter.Default))
            .ToDictionary(parameter => parameter.Name, parameter => parameter.Default, StringComparer.Ordinal);
        foreach ((string path, object value) in parsed.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string name = path[prefix.Length..];
            if (allowed.FirstOrDefault(parameter => parameter.Name == name) is not { } parameter)
            {
                string names = allowed.Length == 0 ? "none" : string.Join(", ", allowed.Select(other => other.Name));
                errors.Add($"{Where(path)}{path}: no such parameter; allowed here: {names}");
            }
            else if (!parameter.Allows((double)value))
            {
                errors.Add($"{Where(path)}{path}: '{text.Values[path].Value}' is not allowed; write {parameter.Allowed}");
            }
            else
            {
                values[name] = (double)value;
            }
        }

        return values;
    }

    /// <summary>Where a key was written: <c>line 5: </c>; nothing when it was not.</summary>
    private string Where(string path) => text.Values.TryGetValue(path, out (string Value, string Where) found)
        ? found.Where + ": "
        : text.Values.FirstOrDefault(entry => entry.Key.StartsWith(path, StringComparison.Ordinal)).Value is { Where: { } beside }
            ? beside + ": "
            : "";

    /// <summary>Rules over more than one key.</summary>
    private void CheckTogether(ScenarioMode mode)
    {
        string published = Get<string>("published.case");
        if (published != "none" && !PublishedCases.Find(published).Modes.Contains(mode))
        {
            string modes = string.Join(", ", PublishedCases.Find(published).Modes.Select(allowed =>
                $"mode: {allowed.ToString().ToLowerInvariant()}"));
            errors.Add($"{Where("published.case")}published.case: {published} needs {modes}");
        }
        else if (mode == ScenarioMode.Published && published == "none")
        {
            errors.Add($"{Where("mode")}mode: published needs published.case, one of: {string.Join(", ", PublishedCases.Names)}");
        }

        if (mode != ScenarioMode.Attack && Get<string[]>("attacks").Length > 0)
        {
            errors.Add($"{Where("attacks")}attacks: needs mode: attack");
        }

        string[] names = [.. Enumerable.Range(0, text.CountOf("populations")).Select(index => Get<string>($"populations[{index}].name"))];
        for (int index = 0; index < names.Length; index++)
        {
            if (names.Take(index).Contains(names[index], StringComparer.Ordinal))
            {
                errors.Add($"{Where($"populations[{index}].name")}populations[{index}].name: '{names[index]}' is taken; "
                    + "every population needs a name of its own");
            }
        }

        if (mode == ScenarioMode.Pieces && names.Length is 0 or > 250)
        {
            errors.Add($"{Where("populations")}populations: must be a list of 1 to 250 populations");
        }
    }

    [GeneratedRegex(@"\[\d+\]", RegexOptions.NonBacktracking)]
    private static partial Regex ListPosition();

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.NonBacktracking)]
    private static partial Regex Selector();
}

/// <summary>A scenario is not valid; the message says where and what is allowed, a line for each error.</summary>
internal sealed class ScenarioException(string message) : Exception(message);
