using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>Reads the resource that a call names, before anything is known of its existence.</summary>
internal delegate Target ReadTarget(QueryArguments query, Principal principal, ResourceArns arns);

/// <summary>The resource that a call is decided on: names, checked and normalised, and the ARN that is made of them.</summary>
internal sealed record Target(string Arn, string Owner, string Domain = "", string Repository = "", PackageFormat? Format = null, PackageCoordinate? Package = null);

/// <summary>The kinds of resource that operations name.</summary>
internal static class On
{
    /// <summary>No resource: the operation lists what belongs to the caller.</summary>
    public static Target Nothing(QueryArguments query, Principal principal, ResourceArns arns) =>
        new(ResourceArns.Any, principal.AccountId);

    /// <summary>A domain that the caller is to own, whoever else may have one of the name.</summary>
    public static Target NewDomain(QueryArguments query, Principal principal, ResourceArns arns)
    {
        var domain = query.Required("domain", Shapes.DomainName);
        return new Target(arns.Domain(principal.AccountId, domain), principal.AccountId, domain);
    }

    public static Target Domain(QueryArguments query, Principal principal, ResourceArns arns)
    {
        var domain = query.Required("domain", Shapes.DomainName);
        var owner = query.Optional("domain-owner", Shapes.AccountId) ?? principal.AccountId;
        return new Target(arns.Domain(owner, domain), owner, domain);
    }

    /// <summary>A repository that does not exist yet: creating it is decided on its domain.</summary>
    public static Target NewRepository(QueryArguments query, Principal principal, ResourceArns arns) =>
        Domain(query, principal, arns) with { Repository = query.Required("repository", Shapes.RepositoryName) };

    public static Target Repository(QueryArguments query, Principal principal, ResourceArns arns)
    {
        var target = NewRepository(query, principal, arns);
        return target with { Arn = arns.Repository(target.Owner, target.Domain, target.Repository) };
    }

    public static Target Package(QueryArguments query, Principal principal, ResourceArns arns)
    {
        var target = Repository(query, principal, arns);
        var format = PackageFormats.Find(query.Required("format", Shapes.PackageFormat))!;
        var package = format.Coordinate(
            query.Optional("namespace", Shapes.PackageNamespace),
            query.Required("package", Shapes.PackageName));
        return target with
        {
            Arn = arns.Package(target.Owner, target.Domain, target.Repository, package),
            Format = format,
            Package = package,
        };
    }

    /// <summary>A domain or repository by its ARN, in <c>resourceArn</c>.</summary>
    public static Target ResourceArn(QueryArguments query, Principal principal, ResourceArns arns)
    {
        var arn = query.Required("resourceArn", Shapes.Arn);
        var prefix = $"arn:aws:codeartifact:{arns.Region}:";
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
