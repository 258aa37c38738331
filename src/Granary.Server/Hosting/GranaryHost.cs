using System.Security.Cryptography;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Assets;
using Granary.Core.Assets.AzureBlobs;
using Granary.Core.Assets.S3;
using Granary.Core.Collection;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Jobs;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Scrub;
using Granary.Core.Trail;
using Granary.Core.Upstreams;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.Aws;
using Granary.Server.Aws.Sts;
using Granary.Server.ControlPlane;
using Granary.Server.Encryption;
using Granary.Server.Events;
using Granary.Server.GranaryApi;
using Granary.Server.Monitoring;
using Granary.Server.Throttling;
using Microsoft.AspNetCore.HttpOverrides;

namespace Granary.Server.Hosting;

/// <summary>Puts one server together. The order of the pipeline is the order of the lines in <see cref="UseGranary"/>.</summary>
public static class GranaryHost
{
    public static WebApplication Build(ServeOptions options, DataDirectory data, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Granary", LogLevel.Information).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None)
            // Enabled at any level it costs each request an activity and a scope that nobody reads.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // It tells with a stack trace what the command says in words.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .AddJournal();
        builder.Host.ConfigureHostOptions(host => host.ShutdownTimeout = options.Shutdown.Delay + options.Shutdown.Limit);
        builder.WebHost.ConfigureKestrel(kestrel => Listeners.Configure(
            kestrel, Listeners.Parse(options.Urls), Listeners.Parse(options.Metrics.Urls), () => Certificate(options, data)));
        AddServices(builder.Services, options, data);
        builder.AddMonitoring(options);
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseGranary();
        return app;
    }

    private static void AddServices(IServiceCollection services, ServeOptions options, DataDirectory data)
    {
        services.AddSingleton(options).AddSingleton(data).AddSingleton(TimeProvider.System);
        services.AddSingleton(options.Quotas).AddSingleton(_ => new Throttle(options.Rates));
        AddStores(services, options, data);
        AddTrail(services, options, data);
        services.AddCollection(options);
        services.AddEvents(options, data);
        services.AddSingleton(new SecretSeal(data.Path)).AddSingleton<AccessKeys>();
        services.AddSingleton<AccessKeyUses>().AddHostedService(p => p.GetRequiredService<AccessKeyUses>());
        services.AddSingleton(p => new SessionCredentials(data.Path, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<AccountRevisions>().AddSingleton<IdentityDirectory>();
        services.AddSingleton(p => new AuthorizationTokens(data.Path, p.GetRequiredService<TimeProvider>())).AddSingleton<TokenRevocations>();
        services.AddSingleton<Evaluator>().AddSingleton(new ResourceArns(options.Region));
        services.AddSingleton(new BaseAddress(options.PublicUrl, options.AllowedHosts)).AddSingleton<RepositoryAddresses>();
        services.AddControlPlane(data.Path, options.PublicUrl).AddSts();
        services.AddGranaryApi();
        services.AddSingleton(new AwsFiles(data, options.Region)).AddSingleton<FirstStart>().AddSingleton<Readiness>();
        services.AddSingleton(options.Shutdown).AddHostedService<ShutdownDelay>();
        foreach (var format in PackageFormats.All)
        {
            format.AddServices(services);
        }
    }

    private static void AddStores(IServiceCollection services, ServeOptions options, DataDirectory data)
    {
        services.AddSingleton(Database(options, data));
        services.AddAssetStorage(options, data, Storage(options, data)).AddSingleton<AssetStore>();
        services.AddSingleton<DomainStamps>().AddSingleton<ChangeLog>().AddSingleton<DomainDirectory>();
        services.AddSingleton(new ConnectionFormats(PackageFormats.All
            .SelectMany(f => f.Connections, (format, c) => (c.Name, Format: format.Name))
            .ToDictionary(c => c.Name, c => c.Format)));
        services.AddSingleton<PackageSearch>().AddSingleton<ListingServices>().AddSingleton<BrokenPromises>().AddSingleton<PackageStamps>().AddSingleton<Publishing>().AddSingleton<PublishTurns>();
        services.AddSingleton(new Sources(Settings.Configuration(data.Path), new SourceMemory(data.Under("keys", "sources.json"))));
        services.AddSingleton<FindSource>(p => async (name, cancellation) => (await p.GetRequiredService<Sources>().ResolveAsync(name, cancellation)).Source);
        services.AddSingleton<SourceClient>().AddSingleton<SourceLinks>().AddSingleton<SourceDocuments>().AddSingleton<SourceReaders>().AddSingleton<SourceListings>();
        services.AddSingleton<FetchLocks>().AddSingleton<AssetFetcher>().AddSingleton<Ingestion>().AddSingleton<AssetSearch>();
        services.AddSingleton<HotAssets>().AddSingleton<AssetResponse>();
    }

    /// <summary>The one that the settings name, else SQLite in the data directory.</summary>
    internal static GranaryDatabase Database(ServeOptions options, DataDirectory data) =>
        options.Database is { } connection ? GranaryDatabase.PostgreSql(connection) : GranaryDatabase.Sqlite(data.Database);

    /// <summary>Made at once: what an earlier process left half-written is gone before anything arrives.</summary>
    internal static IAssetStorage Storage(ServeOptions options, DataDirectory data) => Storage(options, data.Incoming, data.Assets, data.IsOwned);

    /// <param name="options">Which storage it is.</param>
    /// <param name="incoming">Where bytes arrive that go to an object store.</param>
    /// <param name="assets">The folder of files.</param>
    /// <param name="isOwner">As of <see cref="FileAssetStorage"/>.</param>
    internal static IAssetStorage Storage(ServeOptions options, string incoming, string assets, bool isOwner) => options switch
    {
        { S3: { } bucket } => new S3AssetStorage(bucket, new SpoolDirectory(incoming, isOwner), TimeProvider.System),
        { Azure: { } container } => new AzureAssetStorage(container, new SpoolDirectory(incoming, isOwner), TimeProvider.System),
        _ => new FileAssetStorage(assets, isOwner),
    };

    /// <summary>What seals the audit trail of this data directory.</summary>
    internal static TrailSeal Seal(DataDirectory data) => new(KeyFile.ReadOrCreate(data.Under("keys", "trail.key"), () => RandomNumberGenerator.GetBytes(32)));

    private static void AddTrail(IServiceCollection services, ServeOptions options, DataDirectory data)
    {
        var seal = Seal(data);
        services.AddSingleton(seal).AddSingleton(new TrailChains(seal, options.Region)).AddSingleton(options.Trail);
        services.AddSingleton<TrailQueue>().AddSingleton<TrailRetention>().AddSingleton<TrailLookup>().AddHostedService<TrailKeeper>();
    }

    private static void AddCollection(this IServiceCollection services, ServeOptions options)
    {
        services.AddSingleton(options.Collection).AddSingleton<JobLeases>().AddSingleton<StorageOwner>().AddSingleton<Dooming>().AddSingleton<Removal>();
        services.AddSingleton<OrphanSearch>().AddSingleton<StraySweep>().AddSingleton<Collector>().AddHostedService<CollectionKeeper>();
        services.AddSingleton(options.Scrub).AddSingleton<AssetInspection>().AddSingleton<Quarantine>().AddSingleton<AssetRefetch>();
        services.AddSingleton<Scrubber>().AddHostedService<ScrubKeeper>();
    }

    private static void UseGranary(this WebApplication app)
    {
        app.UseMetricsEndpoint();
        app.UseTrustedProxies();
        app.UseFarewell();
        app.UseMiddleware<Edge>();
        app.UseRouting();
        app.UseMiddleware<RepositoryGate>();
        app.MapHealth();
        app.MapControlPlane();
        app.MapAwsServices();
        app.MapGranaryApi();
        foreach (var format in PackageFormats.All)
        {
            var repository = app.MapGroup($"/{format.Name}/d/{{domain}}/{{repository}}");
            repository.WithMetadata(new FormatEndpoint(format), new Dialect(format.RefuseAsync));
            format.Map(repository);
        }
    }

    /// <summary>The client's address and scheme as the trusted proxies tell them, from the last of the chain to the first that nobody trusts.</summary>
    private static void UseTrustedProxies(this WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<ServeOptions>().TrustedProxies;
        if (proxies.Count == 0)
        {
            // With an empty list the middleware would believe everybody.
            return;
        }

        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        // Loopback is not trusted unless it is said.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            forwarded.KnownIPNetworks.Add(proxy);
        }

        app.UseForwardedHeaders(forwarded);
    }

    private static ConfiguredCertificate Certificate(ServeOptions options, DataDirectory data) =>
        options.Certificate is { } path
            ? ConfiguredCertificate.Load(path, options.CertificateKey, options.CertificatePassword)
            : new(LocalAuthority.LoadOrCreate(data.Path, [.. options.AllowedHosts, .. options.PublicUrl is { } url ? (string[])[url.Host] : []], TimeProvider.System), []);
}
