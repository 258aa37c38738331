using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Iam;

/// <summary>AWS Identity and Access Management, API version 2010-05-08.</summary>
internal static class IamActions
{
    public static IReadOnlyList<QueryAction> All { get; } =
    [
        .. UserActions.All,
        .. GroupActions.All,
        .. RoleActions.All,
        .. AccessKeyActions.All,
        .. PolicyActions.All,
        .. PolicyVersionActions.All,
        .. AttachmentActions.All,
        .. InlinePolicyActions.All,
        .. BoundaryActions.All,
        .. TagActions.All,
        .. ProviderActions.All,
        .. SimulationActions.All,
        .. AccountActions.All,
    ];

    public static QueryProtocol Protocol { get; } = new("iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/", All);
}
