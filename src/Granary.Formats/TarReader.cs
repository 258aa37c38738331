using System.Text;
using Granary.Core;

namespace Granary.Formats;

internal enum TarKind
{
    File,
    Directory,
    Other,
}

/// <summary>A member of the archive; for a file, <see cref="Size"/> bytes can be read before the next member.</summary>
internal sealed record TarMember(string Path, TarKind Kind, long Size);

/// <summary>
/// Walks the members of a tar archive with a fixed buffer. The strict reader refuses whatever two unpackers could read differently; the
/// tolerant one skips what it does not know, as npm does when it installs.
/// </summary>
internal sealed class TarReader(GzipMember archive, ArchiveLimits limits, bool strict)
{
    private const int MaxExtended = 1 << 20;
    private const int MaxPath = 4096;
    private const int MaxPadding = 1 << 20;

    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _body;
    private long _padding;
    private int _members;

    /// <summary>The next member, or null at the end of the archive, which includes the end of the compressed data.</summary>
    public async ValueTask<TarMember?> NextAsync(CancellationToken cancellation)
    {
        await SkipAsync(_body + _padding, cancellation);
        (_body, _padding) = (0, 0);
        string? longPath = null;
        PaxRecords? pax = null;
        while (true)
        {
            if (await HeaderAsync(cancellation) is not { } header)
            {
                return pax is null && longPath is null ? null : Odd<TarMember>("its last member is missing");
            }

            if (++_members > limits.Entries)
            {
                throw Refusal.Validation($"The tarball has more than {limits.Entries:N0} members: publish a smaller package.");
            }

            switch (header.Type)
            {
                case 'x' or 'L' when strict && (pax is not null || longPath is not null):
                    throw Broken("one of its members has two long names");
                case 'x':
                    pax = TarHeader.ReadPax(await ExtendedAsync(header.Size, cancellation)) ?? Odd<PaxRecords>("a pax header is malformed");
                    break;
                case 'L':
                    longPath = PathOf(await ExtendedAsync(header.Size, cancellation));
                    break;
                case 'g':
                    // Archives made from git carry a global header with the commit, which changes nothing.
                    if (TarHeader.ReadPax(await ExtendedAsync(header.Size, cancellation)) is not { Path: null, Size: null, IsOdd: false })
                    {
                        Odd<PaxRecords>("a global header renames or resizes its members");
                    }

                    break;
                case 'K':
                    await ExtendedAsync(header.Size, cancellation);
                    break;
                default:
                    return Member(header, pax, longPath);
            }
        }
    }

    /// <summary>Reads the rest of the current file up to the limit.</summary>
    public async ValueTask<byte[]> BodyAsync(int limit, CancellationToken cancellation)
    {
        var body = new byte[(int)Math.Min(_body, limit)];
        await CopyAsync(body, cancellation);
        _body -= body.Length;
        return body;
    }

    private static Refusal Broken(string what) =>
        Refusal.Validation($"The tarball is not a sound tar archive: {what}. Pack the package again and publish that.");

    private TarMember Member(TarHeader header, PaxRecords? pax, string? longPath)
    {
        var path = pax?.Path ?? longPath ?? header.Path;
        if (path.Length > MaxPath)
        {
            throw Refusal.Validation($"A path in the tarball is longer than {MaxPath:N0} characters: shorten it.");
        }

        var kind = header.Type switch
        {
            // v7 archives tell a directory by its slash alone.
            '0' or '7' => path.EndsWith('/') ? TarKind.Directory : TarKind.File,
            '5' => TarKind.Directory,
            _ => TarKind.Other,
        };
        var size = pax?.Size ?? header.Size;
        if (strict)
        {
            Check(header, pax, longPath, path, kind, size);
        }

        // npm takes a directory's size for a slip of the writer: nothing follows its header.
        _body = kind == TarKind.Directory ? 0 : size;
        _padding = -_body & (TarHeader.Length - 1);
        return new TarMember(path, kind, _body);
    }

    private static void Check(TarHeader header, PaxRecords? pax, string? longPath, string path, TarKind kind, long size)
    {
        if (pax is { IsOdd: true } || header.Type == 'S')
        {
            throw Broken("it holds a sparse file or a header that cannot be read");
        }

        if (kind == TarKind.Other)
        {
            throw Refusal.Validation($"The tarball holds a link, a device or something else that is no file at {Shown(path)}: packages hold files only.");
        }

        if (kind == TarKind.Directory && size != 0)
        {
            throw Broken("it holds a directory with content");
        }

        if (pax?.Path is null && longPath is null && !header.PathIsUtf8)
        {
            throw Broken("the name of a file is not UTF-8");
        }

        ArchivePath.Check(path);
    }

    private static string Shown(string path) => ArchivePath.Shown(path);

    private async ValueTask<TarHeader?> HeaderAsync(CancellationToken cancellation)
    {
        if (!await FillAsync(TarHeader.Length, cancellation))
        {
            // Some writers leave the closing blocks out; an archive may end wherever a header could begin.
            return _start == _end ? null : Odd<TarHeader?>("it ends within a header");
        }

        var block = _buffer.AsMemory(_start, TarHeader.Length);
        _start += TarHeader.Length;
        if (!block.Span.ContainsAnyExcept((byte)0))
        {
            await EndAsync(cancellation);
            return null;
        }

        return TarHeader.Read(block.Span) ?? throw Broken("a header is damaged, or it is no tar archive at all");
    }

    // After the closing block only padding may come: unpackers differ in whether they look behind it.
    private async ValueTask EndAsync(CancellationToken cancellation)
    {
        for (var padding = 0; strict; padding += _end - _start)
        {
            if (_buffer.AsSpan(_start.._end).ContainsAnyExcept((byte)0) || padding > MaxPadding)
            {
                throw Broken("data follows its closing block");
            }

            (_start, _end) = (0, await archive.ReadAsync(_buffer, cancellation));
            if (_end == 0)
            {
                return;
            }
        }
    }

    private async ValueTask<byte[]> ExtendedAsync(long size, CancellationToken cancellation)
    {
        if (size > MaxExtended)
        {
            throw Broken("one of its names is far too long");
        }

        var body = new byte[size];
        await CopyAsync(body, cancellation);
        await SkipAsync(-size & (TarHeader.Length - 1), cancellation);
        return body;
    }

    private string PathOf(byte[] body)
    {
        var end = Array.IndexOf(body, (byte)0);
        var name = end < 0 ? body : body.AsSpan(0, end);
        if (strict && !System.Text.Unicode.Utf8.IsValid(name))
        {
            throw Broken("the name of a file is not UTF-8");
        }

        return Encoding.UTF8.GetString(name);
    }

    private async ValueTask CopyAsync(Memory<byte> target, CancellationToken cancellation)
    {
        while (!target.IsEmpty)
        {
            if (!await FillAsync(1, cancellation))
            {
                throw Broken("it ends within a file");
            }

            var count = Math.Min(target.Length, _end - _start);
            _buffer.AsMemory(_start, count).CopyTo(target);
            _start += count;
            target = target[count..];
        }
    }

    private async ValueTask SkipAsync(long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            if (!await FillAsync(1, cancellation))
            {
                throw Broken("it ends within a file");
            }

            var step = (int)Math.Min(count, _end - _start);
            _start += step;
            count -= step;
        }
    }

    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellation)
    {
        while (_end - _start < count)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            (_start, _end) = (0, _end - _start);
            var read = await archive.ReadAsync(_buffer.AsMemory(_end), cancellation);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private T? Odd<T>(string what) => strict ? throw Broken(what) : default;
}
