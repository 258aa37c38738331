namespace Granary.Server.ControlPlane.Responses;

internal sealed record RepositoryResponse(RepositoryDescription? Repository);

internal sealed record ListRepositoriesResponse(IReadOnlyList<RepositorySummary> Repositories, string? NextToken);

internal sealed record RepositoryEndpointResponse(string RepositoryEndpoint);

internal sealed record RepositorySummary(
    string Name,
    string AdministratorAccount,
    string DomainName,
    string DomainOwner,
    string Arn,
    string? Description,
    double CreatedTime);

internal sealed record RepositoryDescription(
    string Name,
    string AdministratorAccount,
    string DomainName,
    string DomainOwner,
    string Arn,
    string? Description,
    IReadOnlyList<UpstreamRepositoryInfo> Upstreams,
    IReadOnlyList<ExternalConnectionInfo> ExternalConnections,
    double CreatedTime);

internal sealed record UpstreamRepositoryInfo(string RepositoryName);

/// <param name="PackageFormat">Absent for a connection whose format this server does not speak.</param>
/// <param name="Status"><c>AVAILABLE</c> in capitals, as the service answers; its model has <c>Available</c>.</param>
internal sealed record ExternalConnectionInfo(string ExternalConnectionName, string? PackageFormat, string Status);
