using System.Buffers;
using System.Security.Cryptography;
using Granary.Core;

namespace Granary.Server.Authentication;

/// <summary>The body of a control-plane request, whole and in memory, with the SHA-256 that its signature must cover.</summary>
public sealed class PayloadBody
{
    /// <summary>1 MiB. The largest members of the API are policy documents of 7168 characters.</summary>
    public const int DefaultLimit = 1 << 20;

    private PayloadBody(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>64 lower-case hexadecimal digits, as SigV4 writes it.</summary>
    public string Sha256 { get; }

    /// <summary>
    /// Reads the body to its end and puts it back, so that whoever binds parameters reads exactly the bytes that were verified.
    /// </summary>
    /// <param name="request">A request whose body nobody has read yet.</param>
    /// <param name="limit">The largest body in bytes.</param>
    /// <param name="cancellationToken">Ends the wait for a client that has gone.</param>
    /// <exception cref="Refusal">The body is, or says that it is, longer than the limit.</exception>
    public static async Task<PayloadBody> ReadAsync(HttpRequest request, int limit = DefaultLimit, CancellationToken cancellationToken = default)
    {
        if (request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await request.BodyReader.ReadAsync(cancellationToken);
            if (bytes.WrittenCount + result.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(result.Buffer.Start);
                throw TooLarge(limit);
            }

            foreach (var segment in result.Buffer)
            {
                bytes.Write(segment.Span);
            }

            request.BodyReader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        var whole = bytes.WrittenSpan.ToArray();
        request.Body = new MemoryStream(whole, writable: false);
        return new PayloadBody(whole);
    }

    private static Refusal TooLarge(int limit) =>
        Refusal.TooLarge($"The body of this request is limited to {limit} bytes. Assets are published with PublishPackageVersion, which streams.");
}
