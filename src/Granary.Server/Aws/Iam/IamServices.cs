using Granary.Core.Access.Identities;

namespace Granary.Server.Aws.Iam;

/// <summary>What IAM's actions work with.</summary>
internal static class IamServices
{
    public static IServiceCollection AddIam(this IServiceCollection services) => services
        .AddSingleton<IdentityStore>()
        .AddSingleton<IdentityTagStore>()
        .AddSingleton<GroupMembershipStore>()
        .AddSingleton<AccessKeyStore>()
        .AddSingleton<InlinePolicyStore>()
        .AddSingleton<ManagedPolicyStore>()
        .AddSingleton<ManagedPolicyListing>()
        .AddSingleton<AttachmentStore>()
        .AddSingleton<IdentityProviderStore>()
        .AddSingleton<SimulatedPolicies>()
        .AddSingleton<AccountDetails>();
}
