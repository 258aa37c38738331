using System.Collections.Concurrent;
using System.Security.Cryptography;
using Granary.Server.Hosting;

namespace Granary.Tests.Hosting;

public sealed class KeyFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string directory = Directory.CreateTempSubdirectory("granary-").FullName;

    private string Key => Path.Combine(directory, "keys", "a.key");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_key_is_readable_by_its_owner_alone()
    {
        KeyFile.ReadOrCreate(Key, () => [1]);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Key));
            Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(Key)!));
        }
    }

    [Fact]
    public void A_replaced_key_leaves_nothing_else_behind()
    {
        KeyFile.ReadOrCreate(Key, () => [1]);
        KeyFile.Replace(Key, [2]);

        Assert.Equal([2], KeyFile.ReadOrCreate(Key, () => [3]));
        Assert.Equal([Key], Directory.GetFileSystemEntries(Path.GetDirectoryName(Key)!));
    }

    [Fact]
    public async Task All_who_start_at_once_get_one_key()
    {
        for (var round = 0; round < 20; round++)
        {
            var path = Path.Combine(directory, $"{round}.key");
            var seen = new ConcurrentBag<string>();
            using var start = new Barrier(8);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    seen.Add(Convert.ToHexString(KeyFile.ReadOrCreate(path, () => RandomNumberGenerator.GetBytes(32))));
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)));
            Assert.Single(seen.Distinct());
        }

        Assert.Equal(20, Directory.GetFileSystemEntries(directory).Length);
    }
}
