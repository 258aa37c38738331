using Granary.Core.Assets;

namespace Granary.Tests.Assets;

/// <summary>What a spool does not do to the request that it was for.</summary>
public sealed class SpoolTests
{
    [Fact]
    public async Task A_file_that_cannot_be_removed_is_nobodys_failure()
    {
        using var folder = new TemporaryDirectory();
        var place = Directory.CreateDirectory(folder["incoming"]).FullName;
        var spool = new Spool(place);
        await spool.WriteAsync(new byte[1 << 20], CancellationToken.None);
        Assert.True(File.Exists(spool.Path));
        // Removing it fails from here on, as it does on a disk that fails.
        Directory.Delete(place, recursive: true);

        Assert.Null(await Record.ExceptionAsync(async () => await spool.DisposeAsync()));
    }
}
