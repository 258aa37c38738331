using System.Security.Cryptography;
using System.Text;
using Granary.Core.Assets;

namespace Granary.Tests.Assets;

/// <summary>What every asset storage keeps. A storage is one subclass.</summary>
public abstract class AssetStorageContract : IDisposable
{
    protected TemporaryDirectory Folder { get; } = new();

    /// <summary>A storage on the same place each time it is called.</summary>
    protected abstract IAssetStorage Start();

    /// <summary>Puts other bytes under a key, behind the storage's back.</summary>
    protected abstract Task OverwriteAsync(string key, byte[] bytes);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_003)]
    public async Task Gives_back_what_was_stored_and_its_digests(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        var storage = Start();
        await using var spool = storage.CreateSpool();
        foreach (var piece in bytes.Chunk(64 * 1024))
        {
            await spool.WriteAsync(piece, CancellationToken.None);
        }

        var digests = spool.Finish();
        await storage.StoreAsync(spool, "assets/1/ab/abc", CancellationToken.None);

        Assert.Equal(bytes, await ReadAsync(storage, "assets/1/ab/abc"));
        Assert.Equal(bytes, await ReadAsync(Start(), "assets/1/ab/abc"));
        Assert.Equal((size, size), (digests.Size, (await storage.OpenAsync("assets/1/ab/abc", CancellationToken.None))!.Length));
        Assert.Equal(
            [MD5.HashData(bytes), SHA1.HashData(bytes), SHA256.HashData(bytes), SHA512.HashData(bytes)],
            [digests.Md5, digests.Sha1, digests.Sha256, digests.Sha512]);
    }

    [Fact]
    public async Task Can_be_read_while_it_is_written()
    {
        await using var spool = Start().CreateSpool();
        await spool.WriteAsync("hello "u8.ToArray(), CancellationToken.None);
        var buffer = new byte[20];
        Assert.Equal("hello ", Encoding.ASCII.GetString(buffer, 0, await spool.ReadAsync(buffer, 0, CancellationToken.None)));

        await spool.WriteAsync("world"u8.ToArray(), CancellationToken.None);

        Assert.Equal("world", Encoding.ASCII.GetString(buffer, 0, await spool.ReadAsync(buffer, 6, CancellationToken.None)));
        Assert.Equal(11, spool.Length);
    }

    [Fact]
    public async Task Leaves_a_key_that_is_there_as_it_is()
    {
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", "first");
        await StoreAsync(storage, "assets/1/aa/aa", "other");

        Assert.Equal("first", Encoding.UTF8.GetString((await ReadAsync(storage, "assets/1/aa/aa"))!));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(17_000_000)]
    public async Task Bytes_that_lost_their_end_are_stored_again(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", bytes);
        await OverwriteAsync("assets/1/aa/aa", bytes[..^3]);

        await StoreAsync(storage, "assets/1/aa/aa", bytes);

        Assert.Equal(bytes, await ReadAsync(storage, "assets/1/aa/aa"));
    }

    [Fact]
    public async Task Lets_many_store_the_same_key_at_once()
    {
        var storage = Start();

        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => StoreAsync(storage, "assets/7/cc/cc", "same"), CancellationToken.None)));

        Assert.Equal("same", Encoding.UTF8.GetString((await ReadAsync(storage, "assets/7/cc/cc"))!));
    }

    [Fact]
    public async Task Answers_nothing_for_a_key_that_is_not_there()
    {
        var storage = Start();

        Assert.Null(await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None));
        await StoreAsync(storage, "assets/1/aa/aa", "there");
        Assert.Null(await storage.OpenAsync("assets/1/aa/ab", CancellationToken.None));
        Assert.Null(await storage.OpenAsync("assets/1/aa", CancellationToken.None));
    }

    [Fact]
    public async Task Deletes_what_is_there_and_does_not_mind_what_is_not()
    {
        var storage = Start();
        await storage.DeleteAsync("assets/9/no/such", CancellationToken.None);
        await StoreAsync(storage, "assets/1/aa/aa", "gone soon");
        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;
        await using var open = await content.OpenAsync(CancellationToken.None);

        await storage.DeleteAsync("assets/1/aa/aa", CancellationToken.None);
        await storage.DeleteAsync("assets/1/aa/aa", CancellationToken.None);

        Assert.Null(await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None));
        using var reader = new StreamReader(open);
        Assert.Equal("gone soon", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<FileNotFoundException>(() => content.OpenAsync(CancellationToken.None));
        await StoreAsync(storage, "assets/1/aa/aa", "again");
        Assert.Equal("again", Encoding.UTF8.GetString((await ReadAsync(storage, "assets/1/aa/aa"))!));
    }

    [Fact]
    public async Task Gives_a_part()
    {
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", "0123456789");
        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;

        foreach (var (offset, count, part) in ((long, long, string)[])[(0, 10, "0123456789"), (3, 4, "3456"), (9, 1, "9"), (4, 0, "")])
        {
            using var written = new MemoryStream();
            await content.CopyToAsync(written, offset, count, CancellationToken.None);
            Assert.Equal(part, Encoding.ASCII.GetString(written.ToArray()));
        }

        await Assert.ThrowsAsync<EndOfStreamException>(() => content.CopyToAsync(Stream.Null, 3, 8, CancellationToken.None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(1_024)]
    [InlineData(65_537)]
    [InlineData(3_000_000)]
    public async Task Gives_the_end_of_what_rotted_to_nobody(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", bytes);
        var content = (await storage.OpenAsync("assets/1/aa/aa", size, CancellationToken.None))!;
        using var well = new MemoryStream();
        using var rotten = new MemoryStream();
        await content.CopyVerifiedAsync(well, SHA256.HashData(bytes), CancellationToken.None);
        Assert.Equal(bytes, well.ToArray());
        if (size == 0)
        {
            return;
        }

        await OverwriteAsync("assets/1/aa/aa", [(byte)~bytes[0], .. bytes[1..]]);

        var refusal = await Assert.ThrowsAsync<Core.Refusal>(() => content.CopyVerifiedAsync(rotten, SHA256.HashData(bytes), CancellationToken.None));
        Assert.Equal(Core.RefusalKind.Unavailable, refusal.Kind);
        Assert.InRange(rotten.Length, 0, Math.Max(0, size - 1_024));

        await OverwriteAsync("assets/1/aa/aa", bytes[1..]);
        await Assert.ThrowsAsync<EndOfStreamException>(() => content.CopyVerifiedAsync(Stream.Null, SHA256.HashData(bytes), CancellationToken.None));
    }

    [Fact]
    public async Task Lists_what_is_there_in_the_order_of_the_keys()
    {
        var storage = Start();
        string[] keys = ["assets/1/aa/aa", "assets/1/ab/ab1", "assets/1/ab/ab2", "assets/10/aa/aa", "assets/2/aa/aa", "documents/1/aa/aa.gz"];
        foreach (var key in keys.Reverse())
        {
            await StoreAsync(storage, key, key);
        }

        await StoreAsync(storage, "assets/1/zz/zz", "not for long");
        await storage.DeleteAsync("assets/1/zz/zz", CancellationToken.None);

        Assert.Equal(keys, await KeysAsync(""));
        Assert.Equal(keys[..5], await KeysAsync("assets/"));
        Assert.Equal(keys[..3], await KeysAsync("assets/1/"));
        Assert.Equal(keys[1..3], await KeysAsync("assets/1/ab"));
        Assert.Empty(await KeysAsync("assets/3/"));
        var one = await storage.ListAsync("documents/", CancellationToken.None).SingleAsync(CancellationToken.None);
        Assert.Equal(keys[5].Length, one.Length);
        Assert.InRange(one.StoredAt, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));

        ValueTask<string[]> KeysAsync(string prefix) => storage.ListAsync(prefix, CancellationToken.None).Select(key => key.Key).ToArrayAsync();
    }

    [Fact]
    public async Task Forgets_a_spool_that_was_not_stored()
    {
        // Larger than what a spool holds in memory, so that there is a file to forget.
        var storage = Start();
        string path;
        await using (var spool = storage.CreateSpool())
        {
            await spool.WriteAsync("unfinished"u8.ToArray(), CancellationToken.None);
            await spool.WriteAsync(new byte[300_000], CancellationToken.None);
            path = spool.Path;
            Assert.True(File.Exists(path));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Removes_at_start_what_one_that_died_has_left()
    {
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", "kept");
        await using var orphan = storage.CreateSpool();
        // More than the spool holds in memory, so that there is a file.
        await orphan.WriteAsync(new byte[300_000], CancellationToken.None);
        Assert.True(File.Exists(orphan.Path));

        var again = Start();

        Assert.False(File.Exists(orphan.Path));
        Assert.Equal("kept", Encoding.UTF8.GetString((await ReadAsync(again, "assets/1/aa/aa"))!));
    }

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static Task StoreAsync(IAssetStorage storage, string key, string content) => StoreAsync(storage, key, Encoding.UTF8.GetBytes(content));

    internal static async Task StoreAsync(IAssetStorage storage, string key, byte[] content)
    {
        await using var spool = storage.CreateSpool();
        foreach (var piece in content.Chunk(64 * 1024))
        {
            await spool.WriteAsync(piece, CancellationToken.None);
        }

        await storage.StoreAsync(spool, key, CancellationToken.None);
    }

    internal static async Task<byte[]?> ReadAsync(IAssetStorage storage, string key)
    {
        if (await storage.OpenAsync(key, CancellationToken.None) is not { } content)
        {
            return null;
        }

        await using var stream = await content.OpenAsync(CancellationToken.None);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}

public sealed class FileAssetStorageTests : AssetStorageContract
{
    protected override IAssetStorage Start() => new FileAssetStorage(Folder["storage"], isOwner: true);

    protected override Task OverwriteAsync(string key, byte[] bytes) => File.WriteAllBytesAsync(Path.Combine(Folder["storage"], key), bytes);

    [Fact]
    public async Task What_is_arriving_stays_where_a_command_runs_beside_the_server()
    {
        await using var arriving = Start().CreateSpool();
        await arriving.WriteAsync(new byte[300_000], CancellationToken.None);

        _ = new FileAssetStorage(Folder["storage"], isOwner: false);

        Assert.True(File.Exists(arriving.Path));
    }
}
