using SeederMesh.Core.Identity;
using SeederMesh.Core.Json;
using SeederMesh.Core.Money;

namespace SeederMesh.Core.Manifests;

/// <summary>Reads the fields of a manifest and checks each; total, the first fault in reading order wins.</summary>
internal static class ManifestReader
{
    private const int PieceLengthMin = 16 * 1024;
    private const int PieceLengthMax = 128 * 1024 * 1024;
    private const int AssertionsMax = 64;

    /// <summary>
    /// The manifest in <paramref name="document"/>, or null with the fault set. The proof is not looked at.
    /// </summary>
    public static Manifest? Read(JsonValue document, FieldFault fault)
    {
        FieldReader root = FieldReader.Root(document, fault);
        root.AllowOnly(
            "type", "version", "torrent", "creator", "licence", "rights", "payment", "createdAt", "seq", "previous", "assertions", "proof");
        if (!DidKey.TryParse(root.Text("creator", 256), out DidKey creator))
        {
            root.Fail("creator", "This must be an Ed25519 did:key (did:key:z6Mk...).");
        }

        var manifest = new Manifest
        {
            Torrent = ReadTorrent(root.Object("torrent")),
            Creator = creator,
            Licence = ReadLicence(root.Object("licence")),
            Rights = ReadRights(root.Object("rights")),
            Payment = root.Has("payment") ? ReadPayment(root.Object("payment")) : null,
            CreatedAt = root.Time("createdAt"),
            Sequence = root.Integer("seq", 1, JsonValue.IntegerMax),
            Previous = root.OptionalDigest("previous"),
            Assertions = root.Has("assertions")
                ? [.. root.Objects("assertions", 1, AssertionsMax).Select(ReadAssertion)]
                : [],
        };
        if ((manifest.Sequence > 1) != manifest.Previous.HasValue)
        {
            root.Fail("previous", "The digest of the version before is needed exactly when \"seq\" is above 1.");
        }

        return fault.Found ? null : manifest;
    }

    private static ManifestTorrent ReadTorrent(FieldReader reader)
    {
        reader.AllowOnly("infohashV2", "infohashV1", "name", "pieceLength", "files");
        Digest infohash = reader.Digest("infohashV2");
        InfohashV1? infohashV1 = reader.OptionalInfohashV1("infohashV1");
        string name = reader.Text("name", FilePath.PartBytesMax);
        if (name.Contains('/', StringComparison.Ordinal) || FilePath.FindFault(name) is not null)
        {
            reader.Fail("name", "This must be usable as the name of one file or folder.");
        }

        long pieceLength = reader.Integer("pieceLength", PieceLengthMin, PieceLengthMax);
        if (!long.IsPow2(pieceLength))
        {
            reader.Fail("pieceLength", "A v2 torrent's piece length is a power of two (BEP 52).");
        }

        FieldReader[] readers = reader.Objects("files", 1, Manifest.FilesMax);
        var files = new ManifestFile[readers.Length];
        for (int i = 0; i < readers.Length; i++)
        {
            files[i] = ReadFile(readers[i]);
        }

        CheckTree(files, readers);
        CheckSize(files, pieceLength, reader);
        return new ManifestTorrent
        {
            InfohashV2 = infohash,
            InfohashV1 = infohashV1,
            Name = name,
            PieceLength = (int)pieceLength,
            Files = files,
        };
    }

    private static ManifestFile ReadFile(FieldReader reader)
    {
        reader.AllowOnly("path", "length", "piecesRoot", "sha256", "cid");
        string path = reader.Text("path", FilePath.BytesMax);
        if (FilePath.FindFault(path) is { } fault)
        {
            reader.Fail("path", fault);
        }

        long length = reader.Integer("length", 0, JsonValue.IntegerMax);
        Digest? root = reader.OptionalDigest("piecesRoot");
        if ((length > 0) != root.HasValue)
        {
            reader.Fail("piecesRoot", "Every file has a pieces root but an empty one, which has none (BEP 52).");
        }

        string? cid = reader.OptionalText("cid", 128);
        if (cid is not null && (cid.Length < 8 || !cid.All(char.IsAsciiLetterOrDigit)))
        {
            reader.Fail("cid", "This must be an IPFS CID: 8 to 128 letters and digits.");
        }

        return new ManifestFile { Path = path, Length = length, PiecesRoot = root, Sha256 = reader.OptionalDigest("sha256"), Cid = cid };
    }

    /// <summary>No path twice, and none that is a file here and a folder there.</summary>
    private static void CheckTree(ManifestFile[] files, FieldReader[] readers)
    {
        var paths = new HashSet<string>(files.Length, StringComparer.Ordinal);
        for (int i = 0; i < files.Length; i++)
        {
            if (!paths.Add(files[i].Path))
            {
                readers[i].Fail("path", "This path stands in the list already.");
            }
        }

        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = paths.GetAlternateLookup<ReadOnlySpan<char>>();
        ReadOnlySpan<char> checkedFolder = [];
        for (int i = 0; i < files.Length; i++)
        {
            ReadOnlySpan<char> folder = ParentOf(files[i].Path);

            // Neighbours mostly share a folder.
            if (folder.SequenceEqual(checkedFolder))
            {
                continue;
            }

            checkedFolder = folder;
            for (; folder.Length > 0; folder = ParentOf(folder))
            {
                if (lookup.Contains(folder))
                {
                    readers[i].Fail("path", "A folder of this path stands in the list as a file.");
                }
            }
        }
    }

    private static ReadOnlySpan<char> ParentOf(ReadOnlySpan<char> path)
    {
        int slash = path.LastIndexOf('/');
        return slash < 0 ? [] : path[..slash];
    }

    private static void CheckSize(ManifestFile[] files, long pieceLength, FieldReader reader)
    {
        Int128 bytes = 0;
        Int128 pieces = 0;
        foreach (ManifestFile file in files)
        {
            bytes += file.Length;
            pieces += (file.Length / pieceLength) + (file.Length % pieceLength == 0 ? 0 : 1);
        }

        if (bytes == 0)
        {
            reader.Fail("files", "All files are empty: there is nothing to share.");
        }
        else if (bytes > JsonValue.IntegerMax || pieces > int.MaxValue)
        {
            reader.Fail("files", "The files are too large together: at most 2^53 - 1 bytes and 2^31 - 1 pieces.");
        }
    }

    private static Licence ReadLicence(FieldReader reader)
    {
        reader.AllowOnly("spdx", "url", "sha256");
        string spdx = reader.Text("spdx", 128);
        string? url = reader.OptionalUrl("url");

        // SPDX 2.3, annex D: idstring = 1*(ALPHA / DIGIT / "-" / ".").
        if (!spdx.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.')
            || string.Equals(spdx, "LicenseRef-", StringComparison.Ordinal))
        {
            reader.Fail("spdx", "This must be one SPDX licence id, such as CC-BY-4.0, or LicenseRef-YourName.");
        }
        else if (spdx.StartsWith("LicenseRef-", StringComparison.Ordinal) && url is null)
        {
            reader.Fail("url", "A licence of one's own needs the address of its text.");
        }

        return new Licence(spdx, url, reader.OptionalDigest("sha256"));
    }

    private static Rights ReadRights(FieldReader reader)
    {
        reader.AllowOnly("training", "terms", "contract", "revenueShareBps");
        TrainingRight training = reader.Text("training", 16) switch
        {
            "allowed" => TrainingRight.Allowed,
            "notAllowed" => TrainingRight.NotAllowed,
            "paid" => TrainingRight.Paid,
            "paidPercent" => TrainingRight.PaidPercent,
            _ => TrainingRight.None,
        };
        if (training == TrainingRight.None)
        {
            reader.Fail("training", "This must be allowed, notAllowed, paid or paidPercent.");
        }

        string? terms = reader.OptionalUrl("terms");
        string? contract = reader.OptionalText("contract", 512);
        if ((training is TrainingRight.Paid or TrainingRight.PaidPercent) != (contract is not null))
        {
            reader.Fail("contract", "Where a contract is made is needed exactly when training is paid or paidPercent.");
        }

        int? share = reader.Has("revenueShareBps") ? (int)reader.Integer("revenueShareBps", 1, ManifestPayment.WholeBps) : null;
        if ((training == TrainingRight.PaidPercent) != share.HasValue)
        {
            reader.Fail("revenueShareBps", "The share of the revenue is needed exactly with paidPercent.");
        }

        return new Rights(training, terms, contract, share);
    }

    private static ManifestPayment ReadPayment(FieldReader reader)
    {
        reader.AllowOnly("pricePerMiB", "suggestedAmount", "payees", "seedersBps", "registryBps", "hubBps");
        var payment = new ManifestPayment
        {
            PricePerMiB = reader.Amount("pricePerMiB", ManifestPayment.PricePerMiBMax),
            SuggestedAmount = reader.Has("suggestedAmount") ? reader.Amount("suggestedAmount", Msat.Max) : null,
            Payees = [.. reader.Objects("payees", 0, ManifestPayment.PayeesMax).Select(ReadPayee)],
            SeedersBps = (int)reader.Integer("seedersBps", 0, ManifestPayment.WholeBps),
            RegistryBps = (int)reader.Integer("registryBps", 0, ManifestPayment.WholeBps),
            HubBps = (int)reader.Integer("hubBps", 0, ManifestPayment.WholeBps),
        };

        // At most 64 payees and three roles of 10,000 each: no overflow.
        int sum = payment.Payees.Sum(payee => payee.ShareBps) + payment.SeedersBps + payment.RegistryBps + payment.HubBps;
        if (sum != ManifestPayment.WholeBps)
        {
            reader.Fail("payees", $"All shares add up to {sum} basis points; they must add up to 10000.");
        }
        else if (payment.Payees.DistinctBy(payee => payee.Id).Count() != payment.Payees.Count)
        {
            reader.Fail("payees", "Two payees have the same endpoints; make them one and add their shares.");
        }

        return payment;
    }

    private static Payee ReadPayee(FieldReader reader)
    {
        reader.AllowOnly("name", "bps", "endpoints");
        string? name = reader.OptionalText("name", 128);
        int share = (int)reader.Integer("bps", 1, ManifestPayment.WholeBps);
        List<PaymentEndpoint> endpoints = [];
        foreach (string text in reader.Texts("endpoints", 1, Payee.EndpointsMax))
        {
            if (!PaymentEndpoint.TryParse(text, out PaymentEndpoint endpoint))
            {
                reader.Fail(
                    "endpoints",
                    "An endpoint is keysend:<66 hex digits>, lnaddress:user@host, lnurl:lnurl1..., bolt12:lno1..., "
                    + "paymentpointer:$host/path or withdraw:did:key:z6Mk..., in lower case but for the key.");
            }
            else if (endpoints.Exists(other => other.Kind == endpoint.Kind))
            {
                reader.Fail("endpoints", $"Two endpoints are of the kind {endpoint.Kind}; keep one.");
            }

            endpoints.Add(endpoint);
        }

        return new Payee { Name = name, ShareBps = share, Endpoints = endpoints };
    }

    private static Assertion ReadAssertion(FieldReader reader)
    {
        reader.AllowOnly("label", "sha256", "url");
        return new Assertion(reader.Text("label", 128), reader.Digest("sha256"), reader.OptionalUrl("url"));
    }
}
