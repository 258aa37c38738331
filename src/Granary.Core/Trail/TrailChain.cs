using System.Globalization;

namespace Granary.Core.Trail;

/// <summary>
/// Which chain a record belongs to: its domain's, else its caller's account's, else the server's own, for whoever is not known.
/// Writers of two domains never meet on one.
/// </summary>
public readonly record struct TrailChain(long DomainId, string? Account)
{
    public override string ToString() =>
        DomainId != 0 ? string.Create(CultureInfo.InvariantCulture, $"domain:{DomainId}") : Account is null ? "server" : $"account:{Account}";
}
