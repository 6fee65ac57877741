namespace SeederMesh.Ledger.ReceiptLogs;

/// <summary>Cuts a stream into lines of at most <see cref="ReceiptLogFormat.LineBytesMax"/> bytes.</summary>
internal sealed class LineReader(Stream stream)
{
    /// <summary>Holds the longest line and its line feed.</summary>
    private readonly byte[] buffer = new byte[ReceiptLogFormat.LineBytesMax + 1];

    private int start;
    private int end;

    /// <summary>The number of the line read last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The next line without its line feed, valid until the next call; false at the end of the file.</summary>
    /// <exception cref="ReceiptLogException">It is too long, or the last one has no line feed.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        int searched = start;
        int feed;
        while ((feed = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n')) < 0)
        {
            searched = end - start;
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, searched);
            if (end == buffer.Length)
            {
                throw new ReceiptLogException(Number + 1, "", $"is longer than {ReceiptLogFormat.LineBytesMax} bytes");
            }

            int read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                line = default;
                return end == 0
                    ? false
                    : throw new ReceiptLogException(Number + 1, "", "was cut off: it has no line feed");
            }

            end += read;
        }

        Number++;
        line = buffer.AsMemory(start, searched + feed - start);
        start = searched + feed + 1;
        return true;
    }
}
