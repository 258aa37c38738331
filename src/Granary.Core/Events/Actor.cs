using Granary.Core.Trail;

namespace Granary.Core.Events;

/// <summary>Whose request makes a change.</summary>
/// <param name="Arn">The principal's ARN.</param>
/// <param name="Record">What the audit trail tells of the request: it is written with the request's first change. Null for the server itself.</param>
public sealed record Actor(string Arn, TrailRecord? Record = null)
{
    public static implicit operator Actor(string arn) => new(arn);

    public override string ToString() => Arn;
}
