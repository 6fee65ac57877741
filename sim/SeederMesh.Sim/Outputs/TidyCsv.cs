using System.Globalization;

namespace SeederMesh.Sim.Outputs;

/// <summary>A table with one observation a row (RFC 4180), written as it comes; what is flushed is whole
/// rows.</summary>
internal sealed class TidyCsv : IDisposable
{
    private const string Quoted = ",\"\r\n";
    private readonly StreamWriter stream;

    public TidyCsv(string path, params ReadOnlySpan<string> header)
    {
        stream = new StreamWriter(path);
        for (int index = 0; index < header.Length; index++)
        {
            WriteField(index, header[index]);
        }

        stream.Write('\n');
    }

    /// <summary>One row; numbers as they read back, what does not exist (NaN) left empty.</summary>
    public void Row(params ReadOnlySpan<object> fields)
    {
        for (int index = 0; index < fields.Length; index++)
        {
            WriteField(index, fields[index] switch
            {
                double number when !double.IsFinite(number) => "",
                IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
                object other => other.ToString() ?? "",
            });
        }

        stream.Write('\n');
    }

    public void Flush() => stream.Flush();

    public void Dispose() => stream.Dispose();

    private void WriteField(int index, string text)
    {
        if (index > 0)
        {
            stream.Write(',');
        }

        stream.Write(text.AsSpan().IndexOfAny(Quoted) < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
    }
}
