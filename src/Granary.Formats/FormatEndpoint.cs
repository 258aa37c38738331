namespace Granary.Formats;

/// <summary>Endpoint metadata: the route belongs to a format's data plane and stands behind the repository gate.</summary>
public sealed record FormatEndpoint(PackageFormat Format);
