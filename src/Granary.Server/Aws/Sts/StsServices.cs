using Granary.Core.Access.Identities;
using Granary.Server.Aws.Sts.WebIdentity;

namespace Granary.Server.Aws.Sts;

internal static class StsServices
{
    public static IServiceCollection AddSts(this IServiceCollection services) => services
        .AddSingleton<AssumableRoles>()
        .AddSingleton<IssuerClient>()
        .AddSingleton<IssuerKeys>()
        .AddSingleton<WebIdentityVerifier>();
}
