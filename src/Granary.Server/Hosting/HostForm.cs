namespace Granary.Server.Hosting;

/// <summary>
/// AWS's own form of a repository's address carries the domain in the host name:
/// <c>{domain}-{owner}.d.codeartifact.{region}.…/{format}/{repository}/</c>, or <c>{domain}-{owner}.codeartifact.{region}.…</c>
/// for dual-stack. It is rewritten to the one form that routes know.
/// </summary>
internal static class HostForm
{
    private const int OwnerLength = 12;

    /// <summary>The path with the domain in it, or null when the host carries none.</summary>
    public static string? Rewrite(HostString authority, string path)
    {
        if (authority.Value?.Contains(".codeartifact.", StringComparison.OrdinalIgnoreCase) is not true)
        {
            return null;
        }

        var host = authority.Host;
        var dot = host.IndexOf('.', StringComparison.Ordinal);
        if (dot < OwnerLength + 2 || path.Length < 2)
        {
            return null;
        }

        var label = host.AsSpan(0, dot);
        var rest = host.AsSpan(dot + 1);
        var named = rest.StartsWith("d.codeartifact.", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("codeartifact.", StringComparison.OrdinalIgnoreCase);
        if (!named || label[^(OwnerLength + 1)] != '-' || label[^OwnerLength..].ContainsAnyExceptInRange('0', '9'))
        {
            return null;
        }

        // Hosts are the same in capitals, domains are never named in them.
        // /{format}/{repository}/… becomes /{format}/d/{domain}-{owner}/{repository}/…
        var slash = path.IndexOf('/', 1);
        return slash < 0 ? null : $"{path[..slash]}/d/{label.ToString().ToLowerInvariant()}{path[slash..]}";
    }
}

/// <summary>Marks a request that came in the host form, so that the addresses in its answer keep it.</summary>
internal sealed class CameByHost
{
    public static CameByHost Mark { get; } = new();
}
