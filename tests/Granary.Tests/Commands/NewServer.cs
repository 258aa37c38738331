using Granary.Core.Database;
using Granary.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Commands;

/// <summary>A data directory as the first start of a server leaves it.</summary>
internal static class NewServer
{
    public static async Task MakeAsync(string directory, string? database = null)
    {
        var options = new ServeOptions { Data = directory, Urls = "http://127.0.0.1:0", Database = database };
        using var data = DataDirectory.Open(directory);
        await using var app = GranaryHost.Build(options, data);
        await app.Services.GetRequiredService<GranaryDatabase>().MigrateAsync(CancellationToken.None);
        await app.Services.GetRequiredService<FirstStart>().RunAsync("http://127.0.0.1", CancellationToken.None);
    }
}
