using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.Npm;

/// <summary>The documents that are small enough to be objects; packuments never are.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NpmError))]
[JsonSerializable(typeof(NpmPublished))]
[JsonSerializable(typeof(NpmOk))]
[JsonSerializable(typeof(NpmUser))]
[JsonSerializable(typeof(NpmPing))]
[JsonSerializable(typeof(NpmSearchResult))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class NpmJson : JsonSerializerContext
{
    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "private, no-cache";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}

internal sealed record NpmPublished(bool Ok, string Id, string Rev);

internal sealed record NpmOk(bool Ok);

internal sealed record NpmUser(string Username);

internal sealed record NpmPing;
