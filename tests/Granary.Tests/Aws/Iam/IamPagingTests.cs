using Granary.Core;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Aws.Iam;

/// <summary>Listings of IAM, page by page, while the rows around the reader's place come and go.</summary>
public sealed class IamPagingTests
{
    private const string Arn = $"arn:aws:iam::{ControlPlaneHost.Owner}:policy/";

    [Theory]
    [InlineData("ListUsers")]
    [InlineData("ListGroups")]
    [InlineData("ListRoles")]
    [InlineData("ListPolicies")]
    [InlineData("GetAccountAuthorizationDetails")]
    [InlineData("ListUserTags")]
    [InlineData("ListUserPolicies")]
    [InlineData("ListAttachedUserPolicies")]
    [InlineData("ListGroupsForUser")]
    [InlineData("GetGroup")]
    public async Task Rows_that_last_are_seen_once_while_others_come_and_go(string action)
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { GroupsPerUser = 100, UserPolicySize = 100_000 }));
        var iam = new IamCaller(host);
        await iam.OkAsync("CreateUser", ("UserName", "ann"));
        await iam.OkAsync("CreateGroup", ("GroupName", "them"));
        await Of(iam, action).MustBeStableAsync();
    }

    private static PagedListing Of(IamCaller iam, string action)
    {
        (string, string) ann = ("UserName", "ann");
        return action switch
        {
            "ListUsers" => new(Page("UserName"), User, row => Do("DeleteUser", ("UserName", row))),
            "ListRoles" => new(
                Page("RoleName"),
                row => Do("CreateRole", ("RoleName", row), ("AssumeRolePolicyDocument", IamCaller.Trust)),
                row => Do("DeleteRole", ("RoleName", row))),
            "ListGroups" => new(Page("GroupName"), Group, row => Do("DeleteGroup", ("GroupName", row))),
            "GetAccountAuthorizationDetails" => new(Page("GroupName", ("Filter.member.1", "Group")), Group, row => Do("DeleteGroup", ("GroupName", row))),
            "ListPolicies" => new(Page("PolicyName", ("Scope", "Local")), Policy, row => Do("DeletePolicy", ("PolicyArn", Arn + row))),
            "ListUserTags" => new(
                Page("Key", ann),
                row => Do("TagUser", ann, ("Tags.member.1.Key", row), ("Tags.member.1.Value", "v")),
                row => Do("UntagUser", ann, ("TagKeys.member.1", row))),
            "ListUserPolicies" => new(
                Page(null, ann),
                row => Do("PutUserPolicy", ann, ("PolicyName", row), ("PolicyDocument", IamCaller.AllowAll)),
                row => Do("DeleteUserPolicy", ann, ("PolicyName", row))),
            "ListAttachedUserPolicies" => new(
                Page("PolicyName", ann),
                async row =>
                {
                    await Policy(row);
                    await Do("AttachUserPolicy", ann, ("PolicyArn", Arn + row));
                },
                row => Do("DetachUserPolicy", ann, ("PolicyArn", Arn + row))),
            "ListGroupsForUser" => new(
                Page("GroupName", ann),
                async row =>
                {
                    await Group(row);
                    await Do("AddUserToGroup", ann, ("GroupName", row));
                },
                row => Do("RemoveUserFromGroup", ann, ("GroupName", row))),
            _ => new(
                Page("UserName", ("GroupName", "them")),
                async row =>
                {
                    await User(row);
                    await Do("AddUserToGroup", ("UserName", row), ("GroupName", "them"));
                },
                row => Do("RemoveUserFromGroup", ("UserName", row), ("GroupName", "them"))),
        };

        Task User(string row) => Do("CreateUser", ("UserName", row));
        Task Group(string row) => Do("CreateGroup", ("GroupName", row));
        Task Policy(string row) => Do("CreatePolicy", ("PolicyName", row), ("PolicyDocument", IamCaller.AllowAll));
        async Task Do(string name, params (string, string)[] parameters) => await iam.OkAsync(name, parameters);

        // What every account has is not among the rows that come and go.
        Func<int, string?, Task<(IReadOnlyList<string>, string?)>> Page(string? member, params (string, string)[] parameters) => async (size, marker) =>
        {
            (string, string)[] page = marker is null ? [("MaxItems", $"{size}")] : [("MaxItems", $"{size}"), ("Marker", marker)];
            var reply = await iam.OkAsync(action, [.. parameters, .. page]);
            var rows = member is null ? reply.List("PolicyNames") : reply.Each(member);
            return ([.. rows.Where(row => row is not ("admin" or "ann" or "them"))], reply.IsTruncated ? reply.Text("Marker") : null);
        };
    }
}
