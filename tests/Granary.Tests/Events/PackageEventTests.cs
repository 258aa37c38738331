using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events;
using Granary.Core.Events.Delivery;
using Granary.Core.Packages;

namespace Granary.Tests.Events;

public sealed class PackageEventTests
{
    private static readonly ResourceArns Arns = new("us-west-2");
    private static readonly EventCursor Domain = new() { DomainId = 7, Owner = "123456789012", Domain = "my_domain", Reached = 0 };

    private static readonly Change Change = new()
    {
        DomainId = 7,
        Sequence = 41,
        At = DateTimeOffset.Parse("2026-03-01T10:20:30.456Z", null),
        Kind = ChangeKind.VersionCreated,
        Actor = "arn:aws:iam::123456789012:user/dora",
        RepositoryId = 3,
        Repository = "my_repo",
        Administrator = "210987654321",
        Format = "npm",
        Namespace = "types",
        Package = "node",
        Version = "1.0.0",
        Status = PackageVersionStatus.Published,
        Revision = "KsoI8Ff1",
        AssetsAdded = 1,
        MetadataUpdated = true,
        StatusChanged = true,
    };

    [Fact]
    public void Has_every_member_that_the_reference_names()
    {
        var told = PackageEvent.Of(Arns, Domain, Change, "210987654321");

        var written = JsonElement.Parse(told.Json);
        var detail = written.GetProperty("detail");
        Assert.Equal(
            $$$"""
            {"version":"0","id":"{{{written.GetProperty("id").GetGuid()}}}","detail-type":"CodeArtifact Package Version State Change","source":"aws.codeartifact","account":"210987654321","time":"2026-03-01T10:20:30Z","region":"us-west-2","resources":["arn:aws:codeartifact:us-west-2:123456789012:package/my_domain/my_repo/npm/types/node"],"detail":{"domainName":"my_domain","domainOwner":"123456789012","repositoryName":"my_repo","repositoryAdministrator":"210987654321","packageFormat":"npm","packageNamespace":"types","packageName":"node","packageVersion":"1.0.0","packageVersionState":"Published","packageVersionRevision":"KsoI8Ff1","changes":{"assetsAdded":1,"assetsRemoved":0,"assetsUpdated":0,"metadataUpdated":true,"statusChanged":true},"operationType":"Created","sequenceNumber":41,"eventDeduplicationId":"{{{detail.GetProperty("eventDeduplicationId").GetString()}}}","state":"Published","package-format":"npm"}}
            """,
            told.Json);
        Assert.Equal(32, detail.GetProperty("eventDeduplicationId").GetBytesFromBase64().Length);
        Assert.Equal(written.GetProperty("resources")[0].GetString(), told.OrderKey);
    }

    [Fact]
    public void Leaves_the_segment_of_a_namespace_empty_and_tells_null_where_there_is_none()
    {
        var told = PackageEvent.Of(Arns, Domain, With(Change, ns: "", kind: ChangeKind.VersionDeleted), "123456789012");

        var written = JsonElement.Parse(told.Json);
        Assert.Equal("arn:aws:codeartifact:us-west-2:123456789012:package/my_domain/my_repo/npm//node", written.GetProperty("resources")[0].GetString());
        Assert.Equal(JsonValueKind.Null, written.GetProperty("detail").GetProperty("packageNamespace").ValueKind);
        Assert.Equal("Deleted", written.GetProperty("detail").GetProperty("operationType").GetString());
    }

    [Fact]
    public void Is_the_same_whenever_it_is_made_again_and_another_for_another_change_or_receiver()
    {
        static (Guid, string?) Ids(Change change, string account)
        {
            var written = JsonElement.Parse(PackageEvent.Of(Arns, Domain, change, account).Json);
            return (written.GetProperty("id").GetGuid(), written.GetProperty("detail").GetProperty("eventDeduplicationId").GetString());
        }

        var (id, deduplication) = Ids(Change, "123456789012");

        Assert.Equal((id, deduplication), Ids(With(Change), "123456789012"));
        Assert.NotEqual(id, Ids(Change, "210987654321").Item1);
        // Two accounts are told of one change.
        Assert.Equal(deduplication, Ids(Change, "210987654321").Item2);
        Assert.NotEqual((id, deduplication), Ids(With(Change, sequence: 42), "123456789012"));
    }

    [Fact]
    public void Goes_to_the_owner_and_to_who_administers_the_repository_once_where_they_are_one()
    {
        Assert.Equal(["123456789012", "210987654321"], PackageEvent.Receivers(Domain, Change));
        Assert.Equal(["123456789012"], PackageEvent.Receivers(Domain, With(Change, administrator: "123456789012")));
    }

    private static Change With(Change change, string? ns = null, ChangeKind? kind = null, long? sequence = null, string? administrator = null) => new()
    {
        DomainId = change.DomainId,
        Sequence = sequence ?? change.Sequence,
        At = change.At,
        Kind = kind ?? change.Kind,
        Actor = change.Actor,
        RepositoryId = change.RepositoryId,
        Repository = change.Repository,
        Administrator = administrator ?? change.Administrator,
        Format = change.Format,
        Namespace = ns ?? change.Namespace,
        Package = change.Package,
        Version = change.Version,
        Status = change.Status,
        Revision = change.Revision,
        AssetsAdded = change.AssetsAdded,
        MetadataUpdated = change.MetadataUpdated,
        StatusChanged = change.StatusChanged,
    };
}
