namespace Granary.Core.Events.Buses;

/// <summary>
/// A bus that an account has made, or what it has set on its bus <see cref="Default"/>, which every account has without a row.
/// </summary>
public sealed class EventBus
{
    /// <summary>The bus that everything of the server itself is told on.</summary>
    public const string Default = "default";

    public required string AccountId { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ModifiedAt { get; set; }

    /// <summary>At most 512 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Who of other accounts may do what with the bus; null for nobody.</summary>
    public string? Policy { get; set; }

    /// <summary>Whom the policy meant when it was put, as <see cref="Access.Identities.PrincipalIds"/> writes it.</summary>
    public string? PolicyPrincipalIds { get; set; }

    /// <summary>The JSON text of the members <c>DeadLetterConfig</c> and <c>LogConfig</c> as they were given; null for neither.</summary>
    public string? Settings { get; set; }
}
