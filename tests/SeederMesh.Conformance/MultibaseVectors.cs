using SeederMesh.Core.Identity;
using Xunit;

namespace SeederMesh.Conformance;

// Goal: base58btc as multibase's own data has it, leading zeros included.
public class MultibaseVectors
{
    [Theory]
    [InlineData("multiformats/multibase_basic.csv", "yes mani !")]
    [InlineData("multiformats/multibase_leading_zero.csv", "\0yes mani !")]
    [InlineData("multiformats/multibase_two_leading_zeros.csv", "\0\0yes mani !")]
    public void Base58_PublishedText_IsReadAndWritten(string file, string content)
    {
        string line = File.ReadLines(Vectors.Path(file)).Single(row => row.StartsWith("base58btc,", StringComparison.Ordinal));
        string text = line.Split(',')[1].Trim().Trim('"');
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(content);

        Assert.Equal(text, Base58.ToMultibase(bytes));
        Assert.True(Base58.TryFromMultibase(text, out byte[] read));
        Assert.Equal(bytes, read);
    }
}
