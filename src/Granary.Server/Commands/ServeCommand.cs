using System.CommandLine;
using System.Data.Common;
using System.Text.Json;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.Hosting;
using Microsoft.AspNetCore.Connections;

namespace Granary.Server.Commands;

/// <summary><c>granary serve</c>, which is also what <c>granary</c> alone does.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Data = new("--data") { Description = "The data directory.", DefaultValueFactory = _ => ServeOptions.DefaultData };
    private static readonly Option<string?> Urls = new("--urls") { Description = "Addresses to listen on, separated by semicolons. Default: http://localhost:8080;https://localhost:8443" };
    private static readonly Option<string?> Database = new("--database") { Description = "A PostgreSQL connection string. Default: SQLite in the data directory." };
    private static readonly Option<bool> NoQuickstart = new("--no-quickstart") { Description = "Do not create the domain my-domain at the first start." };

    private static readonly TimeSpan StorageLook = TimeSpan.FromSeconds(3);

    public static void AddTo(Command command)
    {
        command.Options.Add(Data);
        command.Options.Add(Urls);
        command.Options.Add(Database);
        command.Options.Add(NoQuickstart);
        command.SetAction(RunAsync);
    }

    public static Command Create()
    {
        var command = new Command("serve", "Run the server.");
        AddTo(command);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        try
        {
            var options = Settings.Read(arguments.GetValue(Data)!, arguments.GetValue(Urls), arguments.GetValue(Database), !arguments.GetValue(NoQuickstart));
            using var data = DataDirectory.Open(options.Data);
            await using var app = GranaryHost.Build(options, data);
            var database = app.Services.GetRequiredService<GranaryDatabase>();
            await database.CreateAsync(cancellation);
            await using var use = await DatabaseUse.ShareAsync(database, cancellation);
            await StartAsync(app, options, cancellation);
            use.Watch(TimeProvider.System, () => StopForOther(app));
            await app.WaitForShutdownAsync(CancellationToken.None);
            return 0;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException or InvalidDataException or DbException)
        {
            await Console.Error.WriteLineAsync($"granary: {failure.Message}{Advice(failure)}");
            return 1;
        }
    }

    private static void StopForOther(WebApplication app)
    {
        Console.Error.WriteLine("granary: the connection to the database was lost, and by now somebody needs the database alone: this server stops.");
        app.Lifetime.StopApplication();
    }

    private static string Advice(Exception failure) => failure switch
    {
        { InnerException: AddressInUseException } => " Stop what listens there, or name other addresses with --urls.",
        // A configuration file that cannot be read: where and why is told by the cause alone.
        { InnerException.InnerException: JsonException reason } => $" {reason.Message}",
        { InnerException: { } cause } and InvalidDataException => $" {cause.Message}",
        _ => "",
    };

    private static async Task StartAsync(WebApplication app, ServeOptions options, CancellationToken cancellation)
    {
        var database = app.Services.GetRequiredService<GranaryDatabase>();
        await Restore.DemandCompleteAsync(database, cancellation);
        await database.MigrateAsync(cancellation);
        await app.Services.GetRequiredService<TokenRevocations>().LoadAsync(cancellation);
        var files = app.Services.GetRequiredService<AwsFiles>();
        await app.Services.GetRequiredService<FirstStart>().RunAsync(options.Endpoint, cancellation);
        await app.StartAsync(cancellation);

        LearnSources(app);
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.Lifetime.ApplicationStopping.Register(readiness.End);
        if (!await ReachStorageAsync(app))
        {
            return;
        }

        readiness.Begin();
        Console.WriteLine(
            $"""
            Granary is ready on {string.Join(" and ", app.Urls.Take(app.Urls.Count - Listeners.Parse(options.Metrics.Urls).Count))}.
            To use it with the AWS CLI, paste these two lines:

              export AWS_CONFIG_FILE={files.Config}
              export AWS_SHARED_CREDENTIALS_FILE={files.Credentials}
            """);
    }

    /// <summary>
    /// Waits for the object store where assets lie in one; each reason why it cannot be used is told once. False where the server was
    /// stopped first. Once it is ready it stays so without the store: what is in memory, and every listing, is served without it.
    /// </summary>
    private static async Task<bool> ReachStorageAsync(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        var told = "";
        try
        {
            while (await app.Services.GetRequiredService<IAssetStorage>().Stored.FaultAsync(stopping) is { } fault)
            {
                if (fault != told)
                {
                    await Console.Error.WriteLineAsync($"granary: {told = fault}");
                }

                await Task.Delay(StorageLook, app.Services.GetRequiredService<TimeProvider>(), stopping);
            }
        }
        catch (OperationCanceledException)
        {
        }

        return !stopping.IsCancellationRequested;
    }

    /// <summary>
    /// Asks the machine's clients for their public sources now, while they still say them: the next thing that a newcomer does is
    /// to point those clients here. Faults in the configuration are told once.
    /// </summary>
    private static void LearnSources(WebApplication app)
    {
        var sources = app.Services.GetRequiredService<Sources>();
        var faults = sources.Faults();
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"granary: {fault}");
        }

        var readers = app.Services.GetRequiredService<SourceReaders>();
        var connections = app.Services.GetRequiredService<ConnectionFormats>();
        foreach (var connection in Sources.Connections.Where(name => readers.Find(connections.FormatOf(name)!) is not null))
        {
            _ = LearnAsync(connection);
        }

        async Task LearnAsync(string connection)
        {
            var found = await sources.ResolveAsync(connection, CancellationToken.None);
            if (found.Source is null && !faults.Contains(found.Why))
            {
                await Console.Error.WriteLineAsync($"granary: {connection} has no address, so its packages are not found. {found.Why}");
            }
        }
    }
}
