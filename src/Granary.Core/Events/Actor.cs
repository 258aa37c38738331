namespace Granary.Core.Events;

/// <summary>Whose request makes a change.</summary>
/// <param name="Arn">The principal's ARN.</param>
public sealed record Actor(string Arn)
{
    public static implicit operator Actor(string arn) => new(arn);

    public override string ToString() => Arn;
}
