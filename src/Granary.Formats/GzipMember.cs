using System.Buffers.Binary;
using System.IO.Compression;
using Granary.Core.Assets;
using Granary.Core;

namespace Granary.Formats;

/// <summary>
/// Inflates exactly one gzip member and proves that it was whole. The runtime's GZipStream takes a file that was cut in half, or that
/// lost its trailer, for a complete one, and joins several members; here the header is read by hand, checksum and length are
/// computed, and nothing may follow the trailer.
/// </summary>
internal sealed class GzipMember : IAsyncDisposable
{
    // Deflate cannot pass 1032:1 and real packages stay below 50:1, so that this ratio over this much output is a bomb.
    private const long BombFloor = 64L << 20;
    private const long BombRatio = 100;

    private readonly Source _source;
    private readonly DeflateStream _inflate;
    private readonly ArchiveLimits _limits;
    private readonly bool _strict;
    private uint _crc;
    private long _length;
    private bool _started;

    public GzipMember(Stream compressed, ArchiveLimits limits, bool strict)
    {
        _source = new Source(compressed);
        _inflate = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
        _limits = limits;
        _strict = strict;
    }

    /// <summary>Reads inflated bytes; zero at the end, which is reached only by a member that is whole.</summary>
    /// <exception cref="Refusal">The bytes are not one whole gzip member, or unpack to more than the limits allow.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            if (!_started)
            {
                _started = true;
                await ReadHeaderAsync(cancellation);
            }

            var read = await _inflate.ReadAsync(buffer, cancellation);
            if (read == 0)
            {
                CheckEnd();
                return 0;
            }

            _length += read;
            if (_length > _limits.UnpackedBytes || (_length > BombFloor && _length / BombRatio > _source.Delivered))
            {
                throw Refusal.Validation("The tarball unpacks to more than this server accepts: publish a smaller package.");
            }

            if (_strict)
            {
                _crc = Crc32.Append(_crc, buffer.Span[..read]);
            }

            return read;
        }
        catch (InvalidDataException)
        {
            throw Broken("its compressed data is damaged");
        }
    }

    public ValueTask DisposeAsync() => _inflate.DisposeAsync();

    private static Refusal Broken(string what) =>
        Refusal.Validation($"The tarball is not a complete gzip file: {what}. Pack the package again and publish that.");

    private void CheckEnd()
    {
        if (!_strict)
        {
            return;
        }

        if (_source.AskedPastEnd)
        {
            throw Broken("it ends before its data does");
        }

        if (!_source.IsExhausted)
        {
            throw Broken("more data follows where it should end");
        }

        var trailer = _source.Trailer;
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _crc
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != (uint)_length)
        {
            throw Broken("its checksum or its length does not match its data");
        }
    }

    // RFC 1952, section 2.3.
    private async ValueTask ReadHeaderAsync(CancellationToken cancellation)
    {
        const int HeaderCrc = 2, Extra = 4, FileName = 8, Comment = 16, Reserved = 0xE0;
        var header = new byte[10];
        await FillAsync(header, cancellation);
        var flags = header[3];
        if (header[0] != 0x1F || header[1] != 0x8B || header[2] != 8 || (flags & Reserved) != 0)
        {
            throw Broken("it does not begin as one");
        }

        if ((flags & Extra) != 0)
        {
            await FillAsync(header.AsMemory(0, 2), cancellation);
            await FillAsync(new byte[BinaryPrimitives.ReadUInt16LittleEndian(header)], cancellation);
        }

        for (var texts = ((flags & FileName) != 0 ? 1 : 0) + ((flags & Comment) != 0 ? 1 : 0); texts > 0; texts--)
        {
            var length = 0;
            do
            {
                await FillAsync(header.AsMemory(0, 1), cancellation);
            }
            while (header[0] != 0 && ++length < 4096);
        }

        if ((flags & HeaderCrc) != 0)
        {
            await FillAsync(header.AsMemory(0, 2), cancellation);
        }
    }

    private async ValueTask FillAsync(Memory<byte> part, CancellationToken cancellation)
    {
        while (!part.IsEmpty)
        {
            var read = await _source.ReadAsync(part, cancellation);
            part = read == 0 ? throw Broken("it ends within its header") : part[read..];
        }
    }

    /// <summary>
    /// The compressed bytes without the eight of the trailer. The last byte is handed over on its own: an inflater that never asks
    /// for it has finished too early, and one that asks for another is not finished. So the end is exact, though the inflater
    /// does not tell how much of its input it used.
    /// </summary>
    private sealed class Source(Stream compressed) : ForwardStream
    {
        private const int TrailerLength = 8;
        private readonly byte[] _buffer = new byte[64 << 10];
        private int _start;
        private int _end;
        private bool _ended;

        public long Delivered { get; private set; }

        public bool AskedPastEnd { get; private set; }

        public bool IsExhausted => _ended && _end - _start <= TrailerLength;

        public ReadOnlySpan<byte> Trailer => _buffer.AsSpan(_end - TrailerLength, TrailerLength);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (!_ended && _end - _start <= TrailerLength + 1)
            {
                Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
                (_start, _end) = (0, _end - _start);
                var read = await compressed.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
                _end += read;
                _ended = read == 0;
            }

            var available = _end - _start - TrailerLength;
            if (available <= 0)
            {
                AskedPastEnd = true;
                return 0;
            }

            var count = Math.Min(buffer.Length, available == 1 ? 1 : available - 1);
            _buffer.AsMemory(_start, count).CopyTo(buffer);
            _start += count;
            Delivered += count;
            return count;
        }
    }
}
