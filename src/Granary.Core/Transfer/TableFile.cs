using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Granary.Core.Transfer;

/// <summary>The rows of one table in a snapshot: lines of JSON, compressed.</summary>
internal static class TableFile
{
    /// <summary>Where it is below the snapshot's folder.</summary>
    public static string PathOf(CopiedTable table) => $"tables/{table.Name}.jsonl.gz";

    /// <exception cref="InvalidDataException">The file is cut off or holds something else.</exception>
    public static async IAsyncEnumerable<object?[]> ReadAsync(string folder, CopiedTable table, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var lines = new RowLines(table);
        await using var file = new FileStream(
            Path.Combine(folder, PathOf(table)), FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan | FileOptions.Asynchronous);
        await using var gzip = new GZipStream(file, CompressionMode.Decompress);
        var pipe = PipeReader.Create(gzip, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
        for (var ended = false; !ended;)
        {
            var read = await pipe.ReadAsync(cancellation);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return lines.Read(rest.Slice(0, end));
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            ended = read.IsCompleted;
            if (ended && !rest.IsEmpty)
            {
                throw new InvalidDataException($"{PathOf(table)} ends within a row.");
            }

            pipe.AdvanceTo(rest.Start, rest.End);
        }
    }
}
