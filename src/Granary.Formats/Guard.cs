using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats;

/// <summary>
/// Endpoint metadata that every route of both planes carries: the action that it needs, such as
/// <c>codeartifact:ReadFromRepository</c>. A route whose body decides between two actions names both and asks itself.
/// </summary>
public sealed record Guard(string Action, string? Alternative = null)
{
    /// <summary>The action without its prefix, as the audit trail names the event.</summary>
    public string Name { get; } = NameOf(Action);

    /// <summary>
    /// The body names the package, so that the handler asks, once it has read so much of it. The gate only lets nobody in who does not
    /// exist.
    /// </summary>
    public bool IsAskedByHandler { get; init; }

    internal static string NameOf(string action) => action[(action.IndexOf(':', StringComparison.Ordinal) + 1)..];
}

/// <summary>Endpoint metadata: how this endpoint's clients are told of a refusal.</summary>
public sealed record Dialect(Func<HttpContext, Refusal, Task> Render);
