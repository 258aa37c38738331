namespace Granary.Server.ControlPlane.Responses;

internal sealed record ResourcePolicyResponse(ResourcePolicyDescription Policy);

/// <param name="Document">As it was put, to the letter.</param>
internal sealed record ResourcePolicyDescription(string ResourceArn, string Revision, string Document);
