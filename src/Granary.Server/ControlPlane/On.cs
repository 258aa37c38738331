using Granary.Core.Access;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>Reads the resource that a call names, before anything is known of its existence.</summary>
internal delegate Target ReadTarget(Call call);

/// <summary>The resource that a call is decided on: names, checked and normalised, and the ARN that is made of them.</summary>
internal sealed record Target(string Arn, string Owner, string Domain = "", string Repository = "", PackageFormat? Format = null, PackageCoordinate? Package = null)
{
    public PackageGroupPattern? Group { get; init; }
}

/// <summary>The kinds of resource that operations name.</summary>
internal static class On
{
    /// <summary>No resource: the operation lists what belongs to the caller.</summary>
    public static Target Nothing(Call call) =>
        new(ResourceArns.Any, call.Principal.AccountId);

    /// <summary>A domain that the caller is to own, whoever else may have one of the name.</summary>
    public static Target NewDomain(Call call)
    {
        var domain = call.Query.Required("domain", Shapes.DomainName);
        return new Target(call.Arns.Domain(call.Principal.AccountId, domain), call.Principal.AccountId, domain);
    }

    public static Target Domain(Call call)
    {
        var domain = call.Query.Required("domain", Shapes.DomainName);
        var owner = call.Query.Optional("domain-owner", Shapes.AccountId) ?? call.Principal.AccountId;
        return new Target(call.Arns.Domain(owner, domain), owner, domain);
    }

    /// <summary>A domain that the body names, as one operation has it.</summary>
    public static Target DomainInBody(Call call)
    {
        var domain = call.Body.Required("domain", Shapes.DomainName);
        var owner = call.Body.Optional("domainOwner", Shapes.AccountId) ?? call.Principal.AccountId;
        return new Target(call.Arns.Domain(owner, domain), owner, domain);
    }

    /// <summary>A repository that does not exist yet: creating it is decided on its domain.</summary>
    public static Target NewRepository(Call call) =>
        Domain(call) with { Repository = call.Query.Required("repository", Shapes.RepositoryName) };

    public static Target Repository(Call call)
    {
        var target = NewRepository(call);
        return target with { Arn = call.Arns.Repository(target.Owner, target.Domain, target.Repository) };
    }

    public static Target Package(Call call)
    {
        var target = Repository(call);
        var (format, package) = ReadPackage(call);
        return target with
        {
            Arn = call.Arns.Package(target.Owner, target.Domain, target.Repository, package),
            Format = format,
            Package = package,
        };
    }

    /// <summary>The package in the repository that versions are copied to.</summary>
    public static Target CopiedPackage(Call call)
    {
        var target = Domain(call) with { Repository = call.Query.Required("destination-repository", Shapes.RepositoryName) };
        var (format, package) = ReadPackage(call);
        return target with
        {
            Arn = call.Arns.Package(target.Owner, target.Domain, target.Repository, package),
            Format = format,
            Package = package,
        };
    }

    /// <summary>A group that does not exist yet: creating it is decided on its domain, as creating a repository is.</summary>
    public static Target NewPackageGroup(Call call) =>
        Domain(call) with { Group = GroupPatterns.Read("packageGroup", call.Body.Required("packageGroup", Shapes.PackageGroupPattern)) };

    public static Target PackageGroup(Call call) => Group(call, "package-group", call.Query.Required("package-group", Shapes.PackageGroupPattern));

    /// <summary>A group that the body names, as one operation has it.</summary>
    public static Target PackageGroupInBody(Call call) => Group(call, "packageGroup", call.Body.Required("packageGroup", Shapes.PackageGroupPattern));

    /// <summary>A package's name in a domain, in whatever repository or in none; which group it is in, the domain says.</summary>
    public static Target PackageName(Call call)
    {
        var target = Domain(call);
        var (format, package) = ReadPackage(call);
        return target with
        {
            Arn = call.Arns.PackageGroup(target.Owner, target.Domain, GroupPatterns.Encode(PackageGroupPattern.Root)),
            Format = format,
            Package = package,
        };
    }

    private static Target Group(Call call, string name, string text)
    {
        var target = Domain(call);
        var pattern = GroupPatterns.Read(name, text);
        return target with { Arn = call.Arns.PackageGroup(target.Owner, target.Domain, GroupPatterns.Encode(pattern)), Group = pattern };
    }

    private static (PackageFormat Format, PackageCoordinate Package) ReadPackage(Call call)
    {
        var format = PackageFormats.Find(call.Query.Required("format", Shapes.PackageFormat))!;
        return (format, format.Coordinate(
            call.Query.Optional("namespace", Shapes.PackageNamespace),
            call.Query.Required("package", Shapes.PackageName)));
    }

    /// <summary>A domain, a repository or a package group by its ARN, in <c>resourceArn</c>.</summary>
    public static Target ResourceArn(Call call)
    {
        var arn = call.Query.Required("resourceArn", Shapes.Arn);
        var prefix = $"arn:aws:codeartifact:{call.Arns.Region}:";
        if (!arn.StartsWith(prefix, StringComparison.Ordinal) || arn[prefix.Length..].Split(':', 2) is not [var owner, var resource])
        {
            throw NotTaggable(prefix);
        }

        Shapes.AccountId.Check("resourceArn", owner);
        return resource.Split('/') switch
        {
            ["domain", var domain] => new Target(arn, owner, Shapes.DomainName.Check("resourceArn", domain)),
            ["repository", var domain, var repository] => new Target(
                arn, owner, Shapes.DomainName.Check("resourceArn", domain), Shapes.RepositoryName.Check("resourceArn", repository)),
            ["package-group", var domain, ..] when resource.Length > "package-group/".Length + domain.Length => Tagged(
                call, owner, Shapes.DomainName.Check("resourceArn", domain), resource[("package-group/".Length + domain.Length)..]),
            _ => throw NotTaggable(prefix),
        };
    }

    private static Target Tagged(Call call, string owner, string domain, string encoded)
    {
        var pattern = GroupPatterns.Read("resourceArn", GroupPatterns.Decode(encoded));
        return new Target(call.Arns.PackageGroup(owner, domain, GroupPatterns.Encode(pattern)), owner, domain) { Group = pattern };
    }

    private static Core.Refusal NotTaggable(string prefix) => Fault.Of(
        "resourceArn", $"Member must be the ARN of a domain, a repository or a package group of this region: {prefix}<owner>:domain/<domain>, …:repository/<domain>/<repository> or …:package-group/<domain><pattern>");
}
