using System.Collections.Concurrent;
using Granary.Core.Access;
using Granary.Formats;

namespace Granary.Server.Hosting;

/// <summary>What the address of a repository says, put together once for each spelling of it.</summary>
/// <param name="Owner">The account in the address; empty where there is none.</param>
/// <param name="Address">As the client wrote it, with a trailing slash.</param>
/// <param name="Arn">The repository's ARN.</param>
public sealed record RepositoryAddress(string Domain, string Owner, string Repository, string Address, string Arn);

/// <summary>Reads the addresses of repositories. Spellings that were let in are remembered, so that a hot request builds no text.</summary>
public sealed class RepositoryAddresses(BaseAddress baseAddress, ResourceArns arns)
{
    // One for each repository and each name that the server is called by; past it the whole is forgotten and built anew.
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<Spelling, RepositoryAddress> known = new();

    /// <exception cref="Core.Refusal">The request's host is none of this server's.</exception>
    public RepositoryAddress Read(HttpContext context, PackageFormat format)
    {
        var values = context.Request.RouteValues;
        var spelling = SpellingOf(context, format, (string)values["domain"]!, (string)values["repository"]!);
        return known.TryGetValue(spelling, out var address) ? address : Build(context, spelling);
    }

    /// <summary>Called for addresses of repositories that exist, and only for those: nobody fills the memory with made-up names.</summary>
    public void Remember(HttpContext context, PackageFormat format, RepositoryAddress address)
    {
        if (known.Count >= Most)
        {
            known.Clear();
        }

        known.TryAdd(SpellingOf(context, format, $"{address.Domain}-{address.Owner}", address.Repository), address);
    }

    private static Spelling SpellingOf(HttpContext context, PackageFormat format, string label, string repository) =>
        new(format.Name, context.Request.Scheme, context.Request.Host.Value ?? "", context.Features.Get<CameByHost>() is not null, label, repository);

    private RepositoryAddress Build(HttpContext context, Spelling spelling)
    {
        // The last hyphen: a domain's name may contain hyphens, its owner is twelve digits.
        var hyphen = spelling.Label.LastIndexOf('-');
        var (domain, owner) = hyphen > 0 ? (spelling.Label[..hyphen], spelling.Label[(hyphen + 1)..]) : (spelling.Label, "");
        var prefix = spelling.ByHost ? "" : $"d/{spelling.Label}/";
        var address = $"{baseAddress.Of(context)}/{spelling.Format}/{prefix}{spelling.Repository}/";
        return new RepositoryAddress(domain, owner, spelling.Repository, address, arns.Repository(owner, domain, spelling.Repository));
    }

    private readonly record struct Spelling(string Format, string Scheme, string Host, bool ByHost, string Label, string Repository);
}
