using System.Text.Json;
using SeederMesh.Core.Manifests;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: magnet links with v1, v2 and both infohashes are judged as libtorrent judges them.
public class MagnetVectors
{
    [Fact]
    public void Read_PublishedLinks_AreJudgedTheSame()
    {
        JsonElement vectors = Vectors.Json("magnet/btmh.json");
        foreach (JsonElement valid in vectors.GetProperty("valid").EnumerateArray())
        {
            MagnetReading reading = MagnetText.Read(valid.String("uri"));
            Assert.True(reading.Result == MagnetResult.Read, reading.Message);
            Assert.Equal(valid.GetProperty("v2").GetString(), reading.Link!.InfohashV2?.ToString());
            Assert.Equal(valid.GetProperty("v1").GetString(), reading.Link.InfohashV1?.ToString());
            Assert.Equivalent(reading.Link, MagnetText.Read(reading.Link.ToString()).Link, strict: true);
        }

        foreach (JsonElement invalid in vectors.GetProperty("invalid").EnumerateArray())
        {
            Assert.Equal(MagnetResult.InfohashInvalid, MagnetText.Read(invalid.String("uri")).Result);
        }
    }
}
