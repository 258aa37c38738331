using Granary.Core.Access;
using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Granary.Server.Authentication;
using Granary.Server.Aws;
using Granary.Server.Aws.EventBridge;
using Granary.Server.Aws.Iam;

namespace Granary.Server.ControlPlane;

/// <summary>What the operations work with, beyond what both planes share.</summary>
public static class ControlPlaneServices
{
    /// <param name="dataDirectory">Keeps the key of pagination tokens.</param>
    /// <param name="publicUrl">The configured public URL: signatures over its host are good too.</param>
    public static IServiceCollection AddControlPlane(this IServiceCollection services, string dataDirectory, Uri? publicUrl)
    {
        return services
            .AddSingleton(new PageTokens(dataDirectory))
            .AddSingleton(p => new SigV4(
                p.GetRequiredService<ResourceArns>().Region, AwsServices.SigningNames, p.GetRequiredService<TimeProvider>(), publicUrl?.Authority))
            .AddSingleton<Callers>()
            .AddSingleton<DomainStore>()
            .AddSingleton<ResourceTags>()
            .AddSingleton<ResourcePolicyStore>()
            .AddSingleton<RepositoryStore>()
            .AddSingleton<RepositoryListing>()
            .AddSingleton<PackageGroupStore>()
            .AddSingleton<AssociatedPackages>()
            .AddSingleton<PackageQueries>()
            .AddSingleton<PackageVersions>()
            .AddSingleton<PackageOrigins>()
            .AddSingleton<PackageCopies>()
            .AddSingleton<VersionArrivals>()
            .AddSingleton<AssetPublishing>()
            .AddIam()
            .AddEventBridge();
    }
}
