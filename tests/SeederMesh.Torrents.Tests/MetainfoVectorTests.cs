using System.Text.Json;
using SeederMesh.Torrents.Metainfos;
using Xunit;

namespace SeederMesh.Torrents.Tests;

/// <summary>
/// libtorrent's own set of good and bad torrents, with the verdicts of its newest version. Where 2.0.8 differs, the
/// difference is listed here with its reason, so that it cannot grow unseen.
/// </summary>
public sealed class MetainfoVectorTests
{
    /// <summary>File to what 2.0.8 says instead: "pass", or its error.</summary>
    private static readonly Dictionary<string, string> Differences = [];

    private static string? Folder { get; } = Find();

    [Fact]
    public void TryParse_OfficialSet_GivesTheExpectedVerdicts()
    {
        Assert.SkipUnless(Folder is not null, "the shared vectors are not here");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json")));
        List<string> wrong = [];
        int count = 0;
        foreach (JsonElement row in expected.RootElement.GetProperty("torrents").EnumerateArray())
        {
            string file = row.GetProperty("file").GetString()!;
            string verdict = row.GetProperty("expect").GetString()!;
            bool valid = Metainfo.TryParse(
                File.ReadAllBytes(Path.Combine(Folder, file)), out Metainfo? metainfo, out TorrentError error);
            string wanted = Differences.GetValueOrDefault(
                file, verdict == "fail" ? row.GetProperty("libtorrentError").GetString()! : verdict);
            string got = valid ? "pass" : error.Name;
            count++;
            if (wanted != "unlisted" && wanted != got)
            {
                wrong.Add($"{file}: expected {wanted}, got {got}");
            }

            if (metainfo is not null)
            {
                Check(row, "infohashV1", metainfo.InfoHashes.V1?.ToString(), wrong);
                Check(row, "infohashV2", metainfo.InfoHashes.V2?.ToString(), wrong);
                Check(row, "pieceLength", metainfo.PieceLength.ToString(), wrong);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(count > 70);
    }

    private static void Check(JsonElement row, string name, string? got, List<string> wrong)
    {
        string? wanted = row.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;
        if (wanted != got)
        {
            wrong.Add($"{row.GetProperty("file").GetString()}: {name} is {got}, not {wanted}");
        }
    }

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared", "vectors", "torrents");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        string? root = Environment.GetEnvironmentVariable("SEEDERMESH_VECTORS");
        return root is null ? null : Path.Combine(root, "torrents");
    }
}
