using Granary.Core.Groups;
using Granary.Core.Packages;

namespace Granary.Tests.Resolution;

/// <summary>
/// Something that a client, an administrator or a public source does. It names everything that it is about, so that a history can be
/// done again with some of its operations left out.
/// </summary>
/// <param name="Repository">The repository that must be there, or null.</param>
/// <param name="Package">The only package whose records can change by it; null where all can.</param>
internal abstract record Operation(string? Repository, PackageCoordinate? Package)
{
    /// <summary>A read: it answers what it found, and NotFound is just an answer.</summary>
    public bool IsRead => this is List or Fetch;

    protected static string Join(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";

    protected static string Word(bool allowed) => allowed ? "ALLOW" : "BLOCK";
}

internal sealed record Publish(string To, PackageCoordinate Of, string Version, IReadOnlyList<string> Tags, string Content) : Operation(To, Of)
{
    public override string ToString() => $"publish {Of} {Version} to {To}, tags {Join(Tags)}";
}

internal sealed record List(string At, PackageCoordinate Of) : Operation(At, Of)
{
    public override string ToString() => $"list {Of} at {At}";
}

internal sealed record Fetch(string At, PackageCoordinate Of, string Version, string Asset) : Operation(At, Of)
{
    public override string ToString() => $"fetch {Asset} of {Of} {Version} at {At}";
}

/// <summary>Disposed is done by DisposePackageVersions, and Deleted by DeletePackageVersions.</summary>
internal sealed record SetStatus(string At, PackageCoordinate Of, IReadOnlyList<string> Versions, PackageVersionStatus Status) : Operation(At, Of)
{
    public override string ToString() => $"set {Of} {Join(Versions)} at {At} to {Status}";
}

internal sealed record DeletePackage(string At, PackageCoordinate Of) : Operation(At, Of)
{
    public override string ToString() => $"delete {Of} at {At}";
}

internal sealed record SetOrigins(string At, PackageCoordinate Of, bool Publish, bool Upstream) : Operation(At, Of)
{
    public override string ToString() => $"set the origin controls of {Of} at {At} to publish = {Word(Publish)}, upstream = {Word(Upstream)}";
}

internal sealed record CreateGroup(string Pattern) : Operation(null, null)
{
    public override string ToString() => $"create group {Pattern}";
}

internal sealed record DeleteGroup(string Pattern) : Operation(null, null)
{
    public override string ToString() => $"delete group {Pattern}";
}

internal sealed record ConfigureGroup(
    string Pattern, IReadOnlyDictionary<OriginRestriction, RestrictionMode> Modes, IReadOnlyList<ListedRepository> Added, IReadOnlyList<ListedRepository> Removed)
    : Operation(null, null)
{
    public override string ToString() =>
        $"configure group {Pattern}: {Join(Modes.Select(m => $"{m.Key.Wire()} = {m.Value.Wire()}"))}, add {Join(Added.Select(Word))}, remove {Join(Removed.Select(Word))}";

    private static string Word(ListedRepository listed) => $"{listed.Restriction.Wire()} {listed.Repository}";
}

internal sealed record CreateRepository(string Name, IReadOnlyList<string> Upstreams) : Operation(null, null)
{
    public override string ToString() => $"create repository {Name} → {Join(Upstreams)}";
}

internal sealed record DeleteRepository(string Name) : Operation(Name, null)
{
    public override string ToString() => $"delete repository {Name}";
}

internal sealed record SetUpstreams(string Of, IReadOnlyList<string> Upstreams) : Operation(Of, null)
{
    public override string ToString() => $"set the upstreams of {Of} to {Join(Upstreams)}";
}

internal sealed record Connect(string At, string Connection) : Operation(At, null)
{
    public override string ToString() => $"connect {At} to {Connection}";
}

internal sealed record Disconnect(string At, string Connection) : Operation(At, null)
{
    public override string ToString() => $"disconnect {At} from {Connection}";
}

internal sealed record SourceGains(string Connection, PackageCoordinate Of, string Version, string Content) : Operation(null, Of)
{
    public override string ToString() => $"{Connection} gets {Of} {Version}";
}

internal sealed record SourceLoses(string Connection, PackageCoordinate Of, string Version) : Operation(null, Of)
{
    public override string ToString() => $"{Connection} loses {Of} {Version}";
}

internal sealed record SourceTags(string Connection, PackageCoordinate Of, string Tag, string Version) : Operation(null, Of)
{
    public override string ToString() => $"{Connection} tags {Of} {Version} as {Tag}";
}

/// <summary>It sends other bytes than it promises.</summary>
internal sealed record SourceSpoils(string Connection, PackageCoordinate Of, string Version) : Operation(null, Of)
{
    public override string ToString() => $"{Connection} spoils {Of} {Version}";
}

/// <summary>Ten minutes later it answers 503 to everything, or does so no longer.</summary>
internal sealed record SourceTurns(string Connection, bool Down) : Operation(null, null)
{
    public override string ToString() => $"ten minutes later {Connection} is {(Down ? "down" : "up")}";
}

/// <summary>Longer than any listing is fresh and than any source is left alone.</summary>
internal sealed record TimePasses() : Operation(null, null)
{
    public override string ToString() => "ten minutes pass";
}
