using System.Net;
using System.Security.Cryptography;
using Granary.Core.Assets;

namespace Granary.Tests.Assets;

/// <summary>What storages in an object store keep besides. One is one subclass.</summary>
/// <param name="secret">What it signs with.</param>
public abstract class ObjectStorageContract(string secret) : AssetStorageContract
{
    [Fact]
    public async Task What_is_stored_in_parts_is_read_whole_in_parts_and_from_anywhere()
    {
        var bytes = RandomNumberGenerator.GetBytes((2 * ObjectUpload.PartSize) + 12_345);
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", bytes);
        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;

        using var whole = new MemoryStream();
        await content.CopyVerifiedAsync(whole, SHA256.HashData(bytes), CancellationToken.None);
        using var part = new MemoryStream();
        await content.CopyToAsync(part, ObjectUpload.PartSize - 5, 2_000_000, CancellationToken.None);

        Assert.Equal(bytes, whole.ToArray());
        Assert.Equal(bytes[(ObjectUpload.PartSize - 5)..][..2_000_000], part.ToArray());
        await using var stream = await content.OpenAsync(CancellationToken.None);
        foreach (var offset in (long[])[bytes.Length - 22, 7, bytes.Length - 3_000_000, 0])
        {
            var piece = new byte[Math.Min(bytes.Length - offset, 2_500_000)];
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(piece, TestContext.Current.CancellationToken);
            Assert.Equal(bytes[(int)offset..][..piece.Length], piece);
        }

        stream.Seek(0, SeekOrigin.End);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_two_that_store_large_bytes_at_once_one_wins_and_the_other_takes_it_for_stored()
    {
        // As encrypted bytes are: of one length, and never the same.
        var (one, other) = (RandomNumberGenerator.GetBytes(ObjectUpload.PartSize + 1000), RandomNumberGenerator.GetBytes(ObjectUpload.PartSize + 1000));
        var storage = Start();

        await Task.WhenAll(StoreAsync(storage, "assets/1/aa/aa", one), StoreAsync(storage, "assets/1/aa/aa", other));

        var kept = await ReadAsync(storage, "assets/1/aa/aa");
        Assert.True(kept.AsSpan().SequenceEqual(one) || kept.AsSpan().SequenceEqual(other), "Two uploads were mixed.");
    }

    [Fact]
    public async Task Lists_more_than_the_store_gives_in_one_page_and_only_what_is_below_the_prefix()
    {
        var (storage, beside) = (Start(), Start(prefix: "granarx/"));
        await StoreAsync(beside, "assets/1/00/beside", "not ours");
        var keys = Enumerable.Range(0, 1_005).Select(number => $"assets/1/{number % 7:00}/{number:0000}").Order(StringComparer.Ordinal).ToArray();
        await Parallel.ForEachAsync(keys, async (key, _) => await StoreAsync(storage, key, key));

        Assert.Equal(keys, await storage.ListAsync("", CancellationToken.None).Select(key => key.Key).ToArrayAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_address_gives_the_bytes_to_who_has_it_and_is_given_only_where_that_is_set()
    {
        await StoreAsync(Start(), "assets/1/aa/aa", "<script>");
        await StoreAsync(Start(), "assets/1/aa/ab", "<script>");
        var content = (await Start("granary/", redirect: true).OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!;
        using var client = new HttpClient();

        var address = (await content.AddressAsync())!;
        using var answer = await client.GetAsync(address, TestContext.Current.CancellationToken);
        using var other = await client.GetAsync(new Uri(address.AbsoluteUri.Replace("aa/aa", "aa/ab", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        using var removed = await client.DeleteAsync(address, TestContext.Current.CancellationToken);

        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("application/octet-stream", "attachment"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (other.StatusCode, removed.StatusCode));
        Assert.DoesNotContain(secret, Uri.UnescapeDataString(address.AbsoluteUri), StringComparison.Ordinal);
        Assert.Null(await (await Start().OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!.AddressAsync());
    }

    protected sealed override IAssetStorage Start() => Start("granary/");

    protected abstract IAssetStorage Start(string prefix, bool redirect = false);
}
