using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>Reads the resource that a call names, before anything is known of its existence.</summary>
internal delegate Target ReadTarget(Call call);

/// <summary>The resource that a call is decided on: names, checked and normalised, and the ARN that is made of them.</summary>
internal sealed record Target(string Arn, string Owner, string Domain = "", string Repository = "", PackageFormat? Format = null, PackageCoordinate? Package = null);

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
        var format = PackageFormats.Find(call.Query.Required("format", Shapes.PackageFormat))!;
        var package = format.Coordinate(
            call.Query.Optional("namespace", Shapes.PackageNamespace),
            call.Query.Required("package", Shapes.PackageName));
        return target with
        {
            Arn = call.Arns.Package(target.Owner, target.Domain, target.Repository, package),
            Format = format,
            Package = package,
        };
    }

    /// <summary>A domain or repository by its ARN, in <c>resourceArn</c>.</summary>
    public static Target ResourceArn(Call call)
    {
        var arn = call.Query.Required("resourceArn", Shapes.Arn);
        var prefix = $"arn:aws:codeartifact:{call.Arns.Region}:";
        if (!arn.StartsWith(prefix, StringComparison.Ordinal) || arn[prefix.Length..].Split(':') is not [var owner, var resource])
        {
            throw NotTaggable(prefix);
        }

        Shapes.AccountId.Check("resourceArn", owner);
        return resource.Split('/') switch
        {
            ["domain", var domain] => new Target(arn, owner, Shapes.DomainName.Check("resourceArn", domain)),
            ["repository", var domain, var repository] => new Target(
                arn, owner, Shapes.DomainName.Check("resourceArn", domain), Shapes.RepositoryName.Check("resourceArn", repository)),
            _ => throw NotTaggable(prefix),
        };
    }

    private static Core.Refusal NotTaggable(string prefix) => Fault.Of(
        "resourceArn", $"Member must be the ARN of a domain or a repository of this region: {prefix}<owner>:domain/<domain> or …:repository/<domain>/<repository>");
}
