using System.Security.Cryptography;
using Granary.Core.Assets;
using Granary.Core.Encryption;

namespace Granary.Tests.Encryption;

/// <summary>The form in which encrypted bytes lie in the storage: what was written comes back, and what was touched does not.</summary>
public sealed class SealedFormTests : IDisposable
{
    private const string Key = "assets/1/ab/abc";
    private const int Chunk = SealedForm.ChunkSize;
    private const int StoredChunk = SealedForm.ChunkSize + SealedForm.TagLength;

    private readonly TemporaryDirectory folder = new();
    private readonly byte[] dataKey = RandomNumberGenerator.GetBytes(32);

    public void Dispose() => folder.Dispose();

    public static TheoryData<int> Sizes => [0, 1, 100, Chunk - 1, Chunk, Chunk + 1, (2 * Chunk) - 1, 2 * Chunk, (2 * Chunk) + 1, (5 * Chunk) + 1234];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task What_was_written_is_read_whole_in_parts_and_from_anywhere(int size)
    {
        var plain = RandomNumberGenerator.GetBytes(size);
        var stored = await SealAsync(plain);

        Assert.Equal((SealedForm.LengthOf(size), (long?)size), (stored.Length, SealedForm.PlainLengthOf(stored.Length)));
        Assert.Equal(plain, await ReadAsync(stored, size));
        var random = new Random(size);
        int[] places = [0, 1, Chunk - 1, Chunk, Chunk + 1, size / 2, size - 1, size];
        foreach (var (offset, count) in Enumerable.Range(0, 60).Select(_ => (Place(), Place())).Where(pair => pair.Item1 >= 0 && pair.Item2 >= 0 && pair.Item1 + pair.Item2 <= size))
        {
            Assert.Equal(plain[offset..(offset + count)], await ReadAsync(stored, size, offset, count));
        }

        await using var stream = await OpenAsync(stored, Key, size, 0, size);
        foreach (var offset in Enumerable.Range(0, 20).Select(_ => Place()).Where(place => place >= 0 && place <= size && stream.CanSeek))
        {
            var piece = new byte[Math.Min(size - offset, 70_000)];
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(piece, TestContext.Current.CancellationToken);
            Assert.Equal(plain[offset..(offset + piece.Length)], piece);
        }

        int Place() => random.Next(2) == 0 ? places[random.Next(places.Length)] : random.Next(size + 1);
    }

    [Fact]
    public void No_length_is_that_of_two_forms()
    {
        var plain = Enumerable.Range(0, (3 * Chunk) + 40).Select(n => (long)n).Where(n => n % Chunk < 40 || n % Chunk > Chunk - 40);
        foreach (var length in plain)
        {
            Assert.Equal(length, SealedForm.PlainLengthOf(SealedForm.LengthOf(length)));
        }

        // Too short for the last tag, or with a chunk that is only a tag.
        foreach (var length in (long[])[0, 1, SealedForm.HeaderLength, SealedForm.HeaderLength + 15, SealedForm.LengthOf(Chunk) + 1, SealedForm.LengthOf(Chunk) + 16])
        {
            Assert.Null(SealedForm.PlainLengthOf(length));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(90)]
    public async Task Whichever_bit_is_flipped_nothing_is_read(int size)
    {
        var plain = RandomNumberGenerator.GetBytes(size);
        var stored = await SealAsync(plain);
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            var touched = stored.ToArray();
            touched[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(touched, size));
        }

        Assert.Equal(plain, await ReadAsync(stored, size));
    }

    [Fact]
    public async Task A_chunk_opens_at_its_own_place_alone()
    {
        var size = (3 * Chunk) + 100;
        var plain = RandomNumberGenerator.GetBytes(size);
        var stored = await SealAsync(plain);
        var other = await SealAsync(RandomNumberGenerator.GetBytes(size), "assets/1/ab/abd");
        byte[] At(byte[] form, int chunk) => form[(SealedForm.HeaderLength + (chunk * StoredChunk))..][..Math.Min(StoredChunk, form.Length - SealedForm.HeaderLength - (chunk * StoredChunk))];
        var head = stored[..SealedForm.HeaderLength];

        // Swapped, repeated, taken from another object, and with the other's header too.
        byte[][] wrong =
        [
            [.. head, .. At(stored, 1), .. At(stored, 0), .. At(stored, 2), .. At(stored, 3)],
            [.. head, .. At(stored, 0), .. At(stored, 1), .. At(stored, 1), .. At(stored, 3)],
            [.. head, .. At(stored, 0), .. At(other, 1), .. At(stored, 2), .. At(stored, 3)],
            [.. other[..SealedForm.HeaderLength], .. stored[SealedForm.HeaderLength..]],
            other,
        ];
        foreach (var form in wrong)
        {
            await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(form, size));
        }

        // Parts that do not touch the wrong chunk are right ones.
        Assert.Equal(plain[(2 * Chunk)..], await ReadAsync(wrong[0], size, 2 * Chunk, Chunk + 100));
        await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(wrong[0], size, Chunk + 5, 1));
    }

    [Fact]
    public async Task Nothing_cut_off_and_nothing_appended_passes_for_whole()
    {
        var size = (2 * Chunk) + 100;
        var stored = await SealAsync(RandomNumberGenerator.GetBytes(size));
        foreach (var length in (int[])[0, 10, SealedForm.HeaderLength, SealedForm.HeaderLength + StoredChunk, SealedForm.HeaderLength + (2 * StoredChunk), stored.Length - 1])
        {
            // By who knows how long it should be, and by who has to believe the length that is there.
            await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(stored[..length], size));
            if (SealedForm.PlainLengthOf(length) is { } shorter)
            {
                await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(stored[..length], shorter));
            }
        }

        byte[] longer = [.. stored, .. new byte[50]];
        await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(longer, SealedForm.PlainLengthOf(longer.Length)!.Value));
    }

    [Fact]
    public async Task What_is_moved_to_another_key_or_domain_is_not_read_there()
    {
        var plain = RandomNumberGenerator.GetBytes(500);
        var stored = await SealAsync(plain);

        await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(stored, 500, storageKey: "assets/1/ab/abc.1"));
        await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(stored, 500, storageKey: "assets/2/ab/abc"));
        await Assert.ThrowsAsync<DamagedBytesException>(() => ReadAsync(stored, 500, key: RandomNumberGenerator.GetBytes(32)));
    }

    [Fact]
    public async Task The_same_content_is_the_same_bytes_under_one_key_and_shares_none_of_them_with_anything_else()
    {
        var plain = new byte[1000];
        var stored = await SealAsync(plain);
        byte[][] others = [await SealAsync(plain, "assets/2/ab/abc"), await SealAsync([.. plain[1..], 1]), await SealAsync(plain, key: RandomNumberGenerator.GetBytes(32))];

        Assert.Equal(stored, await SealAsync(plain));
        foreach (var other in others)
        {
            Assert.NotEqual(stored[16..48], other[16..48]);
            // Equal plain bytes under one key stream would be equal here too: of 1000 some four are by chance.
            Assert.InRange(stored[48..].Zip(other[48..]).Count(pair => pair.First == pair.Second), 0, 30);
        }
    }

    private async Task<byte[]> SealAsync(byte[] plain, string storageKey = Key, byte[]? key = null)
    {
        var directory = new SpoolDirectory(folder["spool"], isOwner: false);
        await using var spool = directory.CreateSpool();
        await using var into = directory.CreateSpool();
        foreach (var piece in plain.Chunk(50_000))
        {
            await spool.WriteAsync(piece, CancellationToken.None);
        }

        await SealedForm.WriteAsync(spool, into, storageKey, key ?? dataKey, CancellationToken.None);
        var stored = new byte[into.Length];
        await using var stream = into.OpenRead();
        await stream.ReadExactlyAsync(stored);
        return stored;
    }

    private Task<Stream> OpenAsync(byte[] stored, string storageKey, long whole, long offset, long count, byte[]? key = null) => SealedStream.OpenAsync(
        (from, _, _) => Task.FromResult<Stream>(new MemoryStream(stored, writable: false) { Position = from }), storageKey, key ?? dataKey, whole, offset, count, CancellationToken.None);

    private async Task<byte[]> ReadAsync(byte[] stored, long whole, long offset = 0, long? count = null, string storageKey = Key, byte[]? key = null)
    {
        await using var stream = await OpenAsync(stored, storageKey, whole, offset, count ?? whole, key);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read);
        return read.ToArray();
    }
}
