using System.CommandLine;
using System.Data.Common;
using Granary.Core;
using Granary.Seed;
using Granary.Server.Hosting;

var data = new Option<string>("--data") { Description = "The data directory of a server that was started once and is stopped.", Required = true };
var packages = new Option<int>("--packages") { Description = "How many packages.", DefaultValueFactory = _ => 50_000 };
var versions = new Option<int>("--versions") { Description = "How many versions are published, the same number in each package.", DefaultValueFactory = _ => 1_000_000 };
var repositories = new Option<int>("--repositories") { Description = "The length of the chain of repositories: 1 to 10.", DefaultValueFactory = _ => 10 };
var tarballs = new Option<int>("--tarballs") { Description = "How many different tarballs the versions share.", DefaultValueFactory = _ => 1_000 };

var root = new RootCommand("Fills the domain of a new server with packages, as if they had been published.") { data, packages, versions, repositories, tarballs };
root.SetAction(async (parsed, cancellation) =>
{
    try
    {
        var shape = Shape.Of(parsed.GetValue(packages), parsed.GetValue(versions), parsed.GetValue(repositories), parsed.GetValue(tarballs));
        using var directory = DataDirectory.Open(parsed.GetValue(data)!);
        await using var app = GranaryHost.Build(new ServeOptions { Data = directory.Path }, directory);
        await Seeding.RunAsync(app.Services, shape, Console.WriteLine, cancellation);
        return 0;
    }
    catch (Exception failure) when (failure is InvalidOperationException or ArgumentException or IOException or DbException or Refusal)
    {
        await Console.Error.WriteLineAsync($"seed: {failure.Message}");
        return 1;
    }
});
return await root.Parse(args).InvokeAsync();
