using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Granary.Core.Assets;

/// <summary>
/// Bytes on their way in, hashed while they are written, at the cost of one buffer of memory whatever their size: what the
/// buffer does not hold goes to a temporary file. What is small touches the disk only when it is stored.
/// Disposing it removes what was not stored.
/// </summary>
/// <param name="directory">For storage in files on their file system, so that storing it is a rename.</param>
public sealed class Spool(string directory) : IAsyncDisposable
{
    // Bytes. Most packages are smaller, and as many requests at once as a server takes may hold this much each.
    private const int Held = 128 * 1024;

    private readonly Digester digester = new();

    // Never overwritten once filled: a reader that looked before the file was made still finds its bytes here.
    private readonly byte[] head = ArrayPool<byte>.Shared.Rent(Held);
    private volatile SafeFileHandle? file;

    /// <summary>The temporary file, which is there once <see cref="Sync"/> has returned.</summary>
    public string Path { get; } = System.IO.Path.Combine(directory, Guid.NewGuid().ToString("N"));

    /// <summary>Bytes written so far; they can be read already.</summary>
    public long Length { get; private set; }

    /// <summary>Null until <see cref="Finish"/>.</summary>
    public Digests? Digests { get; private set; }

    /// <summary>One writer at a time.</summary>
    /// <exception cref="Refusal">The disk is full or fails.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        digester.Append(bytes.Span);
        if (file is null && Length + bytes.Length <= Held)
        {
            bytes.Span.CopyTo(head.AsSpan((int)Length));
            Length += bytes.Length;
            return;
        }

        try
        {
            await RandomAccess.WriteAsync(file ?? MakeFile(), bytes, Length, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageRefusal.Of(failure);
        }

        Length += bytes.Length;
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellation)
    {
        if (file is { } made)
        {
            return RandomAccess.ReadAsync(made, buffer, offset, cancellation);
        }

        var count = (int)Math.Min(buffer.Length, Length - offset);
        head.AsSpan((int)offset, count).CopyTo(buffer.Span);
        return new(count);
    }

    /// <summary>No more bytes come. Answers what was written.</summary>
    public Digests Finish() => Digests ??= digester.Finish();

    /// <summary>Returns when the bytes are on the disk.</summary>
    /// <exception cref="Refusal">The disk is full or fails; the bytes must be taken for lost.</exception>
    public void Sync()
    {
        try
        {
            RandomAccess.FlushToDisk(file ?? MakeFile());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageRefusal.Of(failure);
        }
    }

    /// <summary>The bytes from the start. The stream must be disposed before the spool.</summary>
    public Stream OpenRead() => file is null
        ? new MemoryStream(head, 0, (int)Length, writable: false)
        : new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, FileOptions.SequentialScan);

    public ValueTask DisposeAsync()
    {
        digester.Dispose();
        if (file is { } made)
        {
            Discard(made);
        }

        ArrayPool<byte>.Shared.Return(head);
        return ValueTask.CompletedTask;
    }

    private SafeFileHandle MakeFile()
    {
        var made = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RandomAccess.Write(made, head.AsSpan(0, (int)Math.Min(Length, Held)), 0);
        }
        catch
        {
            Discard(made);
            throw;
        }

        return file = made;
    }

    /// <summary>
    /// What cannot be removed is left to the sweep of the next start. What was stored is stored, and what failed has its reason already:
    /// neither must become another answer, or none, over a file that nobody needs.
    /// </summary>
    private void Discard(SafeFileHandle made)
    {
        made.Dispose();
        try
        {
            File.Delete(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }
}
