using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.ClientTests.Harness;

/// <summary>A version of a made-up public package, and the ways in which its source may be wrong about it.</summary>
public sealed record FakeNuGetVersion(string Id, string Version, byte[] Bytes)
{
    public bool Listed { get; init; } = true;

    public string Published { get; init; } = "2020-05-06T07:08:09.123+00:00";

    public JsonArray Dependencies { get; init; } = [];

    /// <summary>What the registration promises: nothing, like the public gallery's, unless a test says otherwise.</summary>
    public string? PackageHash { get; init; }

    public string Normal => Version.ToLowerInvariant();
}

/// <summary>A public NuGet source of protocol V3 on loopback. It serves made-up packages, tells what it was asked, and can be switched off and on again.</summary>
public sealed class FakeNuGetSource : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, List<FakeNuGetVersion>> _packages = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly int _port = FreePort.Take(1)[0];
    private WebApplication? _app;

    public Uri Address => new($"{Origin}/v3/index.json");

    /// <summary>Versions on one page of a registration; with more, pages are documents of their own.</summary>
    public int PageSize { get; init; } = 64;

    /// <summary>Every path that was asked, in the order of arrival.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    private string Origin => $"http://127.0.0.1:{_port}";

    public FakeNuGetVersion Add(FakeNuGetVersion version)
    {
        var versions = _packages.GetOrAdd(version.Id.ToLowerInvariant(), _ => []);
        lock (versions)
        {
            versions.Add(version);
        }

        return version;
    }

    public void Add(string id, params string[] versions)
    {
        foreach (var version in versions)
        {
            Add(new FakeNuGetVersion(id, version, NuGetFile.Package(id, version)));
        }
    }

    /// <summary>A promise of the form that a registration may have.</summary>
    public static string HashOf(byte[] bytes) => Convert.ToBase64String(SHA512.HashData(bytes));

    public bool Met(string id) => _requests.Any(path => path.Contains($"/{id.ToLowerInvariant()}/", StringComparison.Ordinal));

    public async Task SwitchOnAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Origin);
        _app = builder.Build();
        _app.Run(ServeAsync);
        await _app.StartAsync();
    }

    public async Task SwitchOffAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public async ValueTask DisposeAsync() => await SwitchOffAsync();

    private Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _requests.Enqueue(path);
        return path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["v3", "index.json"] => JsonAsync(context, Index()),
            ["registration", var id, "index.json"] when _packages.TryGetValue(id, out var versions) => JsonAsync(context, Registration(id, versions)),
            ["registration", var id, var page] when _packages.TryGetValue(id, out var versions) => JsonAsync(context, Page(id, versions, int.Parse(page[..^5], System.Globalization.CultureInfo.InvariantCulture), withItems: true)),
            ["flat", var id, var version, _] when _packages.TryGetValue(id, out var versions) && versions.Find(v => v.Normal == version) is { } found =>
                context.Response.Body.WriteAsync(found.Bytes).AsTask(),
            _ => RefuseAsync(context),
        };
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = (int)HttpStatusCode.NotFound;
        return Task.CompletedTask;
    }

    private static Task JsonAsync(HttpContext context, JsonObject document)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(document.ToJsonString())).AsTask();
    }

    private JsonObject Index() => new()
    {
        ["version"] = "3.0.0",
        ["resources"] = new JsonArray(
            new JsonObject { ["@id"] = $"{Origin}/flat/", ["@type"] = "PackageBaseAddress/3.0.0" },
            new JsonObject { ["@id"] = $"{Origin}/nothing/", ["@type"] = "RegistrationsBaseUrl" },
            new JsonObject { ["@id"] = $"{Origin}/registration/", ["@type"] = "RegistrationsBaseUrl/3.6.0" }),
    };

    private JsonObject Registration(string id, List<FakeNuGetVersion> versions)
    {
        var pages = Enumerable.Range(0, (versions.Count + PageSize - 1) / PageSize).Select(n => Page(id, versions, n, withItems: versions.Count <= PageSize)).ToArray<JsonNode>();
        return new JsonObject { ["count"] = pages.Length, ["items"] = new JsonArray(pages) };
    }

    private JsonObject Page(string id, List<FakeNuGetVersion> versions, int number, bool withItems)
    {
        var page = versions.Skip(number * PageSize).Take(PageSize).ToList();
        var json = new JsonObject { ["@id"] = $"{Origin}/registration/{id}/{number}.json", ["count"] = page.Count, ["lower"] = page[0].Normal, ["upper"] = page[^1].Normal };
        if (withItems)
        {
            json["items"] = new JsonArray([.. page.Select(version => (JsonNode)Leaf(id, version))]);
        }

        return json;
    }

    private JsonObject Leaf(string id, FakeNuGetVersion version)
    {
        var entry = new JsonObject
        {
            ["id"] = version.Id,
            ["version"] = version.Version,
            ["listed"] = version.Listed,
            ["published"] = version.Published,
            ["authors"] = "Somebody",
            ["description"] = $"The public {version.Id}",
            ["dependencyGroups"] = new JsonArray(new JsonObject { ["dependencies"] = version.Dependencies.DeepClone() }),
        };
        if (version.PackageHash is { } hash)
        {
            (entry["packageHash"], entry["packageHashAlgorithm"]) = (hash, "SHA512");
        }

        return new JsonObject
        {
            ["catalogEntry"] = entry,
            ["packageContent"] = $"{Origin}/flat/{id}/{version.Normal}/{id}.{version.Normal}.nupkg",
        };
    }
}
