using Granary.Core.Assets;

namespace Granary.Formats;

/// <summary>
/// The packed bytes of one member, from where the archive stands. The last byte is handed over on its own: an inflater that never asks
/// for it has finished too early, so that nothing can hide behind the data.
/// </summary>
internal sealed class ZipPart(Stream archive, long length) : ForwardStream
{
    public long Remaining { get; private set; } = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = (int)Math.Min(buffer.Length, Remaining > 1 ? Remaining - 1 : Remaining);
        var read = most == 0 ? 0 : await archive.ReadAsync(buffer[..most], cancellationToken);
        Remaining -= read;
        return read;
    }
}
