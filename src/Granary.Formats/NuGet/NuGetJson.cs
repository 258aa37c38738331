using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Formats.NuGet;

/// <summary>The documents that are small enough to be objects; registrations never are.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NuGetManifest))]
[JsonSerializable(typeof(NuGetError))]
[JsonSerializable(typeof(NuGetOffer))]
[JsonSerializable(typeof(NuGetService))]
[JsonSerializable(typeof(NuGetVersions))]
[JsonSerializable(typeof(NuGetSearchResult))]
[JsonSerializable(typeof(NuGetCompletion))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(string))]
internal sealed partial class NuGetJson : JsonSerializerContext;
