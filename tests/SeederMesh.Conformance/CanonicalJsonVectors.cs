using System.Globalization;
using SeederMesh.Core.Json;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: RFC 8785, against the data of its author: six documents byte for byte, and 10,000 numbers.
public class CanonicalJsonVectors
{
    [Theory]
    [InlineData("arrays")]
    [InlineData("french")]
    [InlineData("structures")]
    [InlineData("unicode")]
    [InlineData("values")]
    [InlineData("weird")]
    public void Serialize_PublishedInput_GivesPublishedOutput(string name)
    {
        JsonReading reading = JsonText.Read(Vectors.Bytes($"jcs/input/{name}.json"), 100_000);
        Assert.True(reading.Result == JsonResult.Read, reading.Message);

        byte[] canonical = CanonicalJson.Serialize(reading.Value!);

        Assert.Equal(Vectors.Bytes($"jcs/output/{name}.json"), canonical);
        string hex = Vectors.Text($"jcs/outhex/{name}.txt").ReplaceLineEndings(" ").Replace(" ", "", StringComparison.Ordinal);
        Assert.Equal(hex, Convert.ToHexStringLower(canonical));
        Assert.Equal(canonical, CanonicalJson.Serialize(JsonText.Read(canonical, 100_000).Value!));
    }

    [Fact]
    public void FormatNumber_TenThousandDoubles_AreWrittenAsEcmaScriptDoes()
    {
        int lines = 0;
        foreach (string line in File.ReadLines(Vectors.Path("jcs/es6testfile-10000.txt")))
        {
            string[] parts = line.Split(',');
            ulong bits = ulong.Parse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Assert.Equal(parts[1], CanonicalJson.FormatNumber(BitConverter.UInt64BitsToDouble(bits)));
            lines++;
        }

        Assert.Equal(10_000, lines);
    }
}
