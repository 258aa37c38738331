using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>What the API answers: camelCase, absent members left out, and text not escaped beyond what JSON needs.</summary>
[JsonSerializable(typeof(AwsError))]
[JsonSerializable(typeof(EmptyResponse))]
[JsonSerializable(typeof(DomainResponse))]
[JsonSerializable(typeof(ListDomainsResponse))]
[JsonSerializable(typeof(RepositoryResponse))]
[JsonSerializable(typeof(ListRepositoriesResponse))]
[JsonSerializable(typeof(RepositoryEndpointResponse))]
[JsonSerializable(typeof(AuthorizationTokenResponse))]
[JsonSerializable(typeof(ListTagsResponse))]
[JsonSerializable(typeof(ResourcePolicyResponse))]
[JsonSerializable(typeof(ListPackagesResponse))]
[JsonSerializable(typeof(PackageResponse))]
[JsonSerializable(typeof(DeletePackageResponse))]
[JsonSerializable(typeof(ListPackageVersionsResponse))]
[JsonSerializable(typeof(PackageVersionResponse))]
[JsonSerializable(typeof(ListDependenciesResponse))]
[JsonSerializable(typeof(ReadmeResponse))]
[JsonSerializable(typeof(ListAssetsResponse))]
[JsonSerializable(typeof(VersionResultsResponse))]
[JsonSerializable(typeof(PublishedVersionResponse))]
[JsonSerializable(typeof(PackageOriginResponse))]
[JsonSerializable(typeof(PackageGroupResponse))]
[JsonSerializable(typeof(ListPackageGroupsResponse))]
[JsonSerializable(typeof(AssociatedGroupResponse))]
[JsonSerializable(typeof(AssociatedPackagesResponse))]
[JsonSerializable(typeof(UpdateOriginResponse))]
[JsonSerializable(typeof(AllowedRepositoriesResponse))]
internal sealed partial class ControlPlaneJson : JsonSerializerContext
{
    private static readonly ControlPlaneJson Wire = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>An answer with status 200, which is the only success that the API has.</summary>
    public static IResult Ok<T>(T response) => new Answer<T>(response);

    /// <summary>Writes the body; the status is the caller's.</summary>
    public static async Task WriteAsync<T>(HttpContext context, T response)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(response, (JsonTypeInfo<T>)Wire.GetTypeInfo(typeof(T))!);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private sealed class Answer<T>(T response) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, response);
    }
}
