using System.Text.Json;

namespace Granary.Core.Trail;

/// <summary>A record as look-ups show it: the record itself, and what CloudTrail names beside it.</summary>
public sealed class TrailEvent
{
    // What CloudTrail calls the resources of a request, by the parameter that names one.
    private static readonly (string Parameter, string Type)[] Kinds =
    [
        ("domainName", "AWS::CodeArtifact::Domain"),
        ("repositoryName", "AWS::CodeArtifact::Repository"),
        ("packageName", "AWS::CodeArtifact::Package"),
        ("resourceArn", "AWS::CodeArtifact::Resource"),
        ("userName", "AWS::IAM::User"),
        ("groupName", "AWS::IAM::Group"),
        ("roleName", "AWS::IAM::Role"),
        ("roleArn", "AWS::IAM::Role"),
        ("policyName", "AWS::IAM::Policy"),
        ("policyArn", "AWS::IAM::Policy"),
        ("accessKeyId", "AWS::IAM::AccessKey"),
    ];

    internal TrailEvent(string json, DateTimeOffset at)
    {
        (Json, At) = (json, at);
        using var document = JsonDocument.Parse(json);
        var record = document.RootElement;
        Id = Text(record, "eventID")!;
        Name = Text(record, "eventName")!;
        Source = Text(record, "eventSource")!;
        IsReadOnly = record.GetProperty("readOnly").GetBoolean();
        var identity = record.GetProperty("userIdentity");
        AccessKeyId = Text(identity, "accessKeyId");
        UserName = UserNameOf(identity);
        Resources = ResourcesOf(record);
    }

    /// <summary>The record as one line.</summary>
    public string Json { get; }

    public DateTimeOffset At { get; }

    public string Id { get; }

    public string Name { get; }

    public string Source { get; }

    public bool IsReadOnly { get; }

    public string? AccessKeyId { get; }

    public string? UserName { get; }

    public IReadOnlyList<(string Type, string Name)> Resources { get; }

    /// <summary>Whether an attribute, by CloudTrail's name, has the value.</summary>
    internal bool Has(string attribute, string value) => attribute switch
    {
        "EventId" => Id == value,
        "EventName" => Name == value,
        "EventSource" => Source == value,
        "ReadOnly" => IsReadOnly == (value == "true"),
        "Username" => UserName == value,
        "AccessKeyId" => AccessKeyId == value,
        "ResourceType" => Resources.Any(r => r.Type == value),
        "ResourceName" => Resources.Any(r => r.Name == value),
        _ => false,
    };

    // For a session CloudTrail shows the session's name.
    private static string? UserNameOf(JsonElement identity) => Text(identity, "type") switch
    {
        "Root" => "root",
        "AssumedRole" => Text(identity, "arn") is { } arn ? arn[(arn.LastIndexOf('/') + 1)..] : null,
        _ => Text(identity, "userName"),
    };

    private static List<(string, string)> ResourcesOf(JsonElement record) =>
        !record.TryGetProperty("requestParameters", out var parameters) || parameters.ValueKind is not JsonValueKind.Object
            ? []
            : [.. Kinds.Select(kind => (kind.Type, Name: Text(parameters, kind.Parameter))).Where(r => r.Name is not null).Select(r => (r.Type, r.Name!))];

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
