using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Explanations;
using Granary.Server.ControlPlane;

namespace Granary.Server.GranaryApi;

/// <summary>Why a version is seen, or is not.</summary>
/// <param name="Outcome">What becomes of a client's request for the version.</param>
/// <param name="Summary">The reason in one or two sentences, with what to do about it where something can be done.</param>
/// <param name="Principal">The ARN of who would ask.</param>
/// <param name="Steps">What was looked at, in the order of the search.</param>
public sealed record ExplainResponse(
    ExplanationOutcome Outcome,
    string Summary,
    string Principal,
    string Repository,
    string Format,
    string Package,
    string Version,
    IReadOnlyList<ExplainStep> Steps)
{
    /// <summary>Absent where the package has none.</summary>
    public string? Namespace { get; init; }
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Subject">Its name: an ARN, a pattern, a repository, an external connection.</param>
/// <param name="Finding">In one word.</param>
/// <param name="Text">The same in one sentence.</param>
public sealed record ExplainStep(ExplanationTopic Topic, string Subject, string Finding, string Text);

[JsonSerializable(typeof(ExplainResponse))]
[JsonSerializable(typeof(DownloadsResponse))]
[JsonSerializable(typeof(AwsError))]
[JsonSerializable(typeof(string))]
internal sealed partial class GranaryJson : JsonSerializerContext
{
    /// <summary>As the control plane writes JSON; sentences as they are, for quotes and apostrophes need no escape there.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter<ExplanationOutcome>(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false));
        options.Converters.Add(new JsonStringEnumConverter<ExplanationTopic>(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false));
        options.TypeInfoResolverChain.Insert(0, Default);
    }
}
