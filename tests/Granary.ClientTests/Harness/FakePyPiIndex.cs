using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Granary.ClientTests.Harness;

/// <summary>A public Python index on loopback: project pages in JSON and HTML, or in HTML alone, files and, where it says so, their metadata.</summary>
public sealed class FakePyPiIndex : IAsyncDisposable
{
    private readonly FakeNpmSource _source = new();
    private readonly ConcurrentDictionary<string, List<Entry>> _projects = new(StringComparer.Ordinal);

    public FakePyPiIndex() => _source.Otherwise = ServeAsync;

    /// <summary>Where project pages are, as pip's index-url.</summary>
    public Uri Address => new(_source.Address, "simple/");

    /// <summary>Older and simpler indexes: neither JSON nor sizes, times and metadata.</summary>
    public bool OnlyHtml { get; set; }

    /// <summary>Whether wheels have their METADATA beside them (PEP 658).</summary>
    public bool HasMetadata { get; set; } = true;

    public IReadOnlyCollection<FakeRequest> Requests => _source.Requests;

    public void Add(Wheel wheel, string? requiresPython = null) => Add(wheel.Name, new Entry(wheel.File, wheel.Bytes, wheel.MetadataText, requiresPython));

    /// <summary>Yanks every file of a version (PEP 592), with a reason.</summary>
    public void Yank(Wheel wheel, string reason)
    {
        var entries = _projects[wheel.Name];
        lock (entries)
        {
            entries.Where(entry => entry.File == wheel.File).ToList().ForEach(entry => entry.Yanked = reason);
        }
    }

    /// <summary>From now on other bytes come under the name of a file, and its page promises what it did.</summary>
    public void Forge(Wheel wheel) =>
        _source.Script($"/files/{wheel.Name}/{wheel.File}", exchange => exchange.SendAsync(200, "application/octet-stream", [.. wheel.Bytes.Reverse()]));

    /// <summary>How often anything about the project was asked.</summary>
    public int CountOf(string project) =>
        Requests.Count(request => request.Path == $"/simple/{project}/" || request.Path.StartsWith($"/files/{project}/", StringComparison.Ordinal));

    public int CountOfFile(string project, string file) => _source.Count($"/files/{project}/{file}");

    public void SwitchOff() => _source.SwitchOff();

    public void SwitchOn() => _source.SwitchOn();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private void Add(string project, Entry entry)
    {
        var entries = _projects.GetOrAdd(project, _ => []);
        lock (entries)
        {
            entries.Add(entry);
        }
    }

    private Task ServeAsync(FakeExchange exchange)
    {
        var parts = exchange.Path.Split('/');
        return parts switch
        {
            ["", "simple", var project, ""] when _projects.TryGetValue(project, out var entries) => PageAsync(exchange, project, entries),
            ["", "files", var project, var file] when _projects.TryGetValue(project, out var entries) => FileAsync(exchange, entries, file),
            _ => Behaviours.Status(404)(exchange),
        };
    }

    private Task PageAsync(FakeExchange exchange, string project, List<Entry> entries)
    {
        Entry[] now;
        lock (entries)
        {
            now = [.. entries];
        }

        var json = !OnlyHtml && exchange.Header("Accept")?.Contains("application/vnd.pypi.simple.v1+json", StringComparison.Ordinal) == true;
        var body = Encoding.UTF8.GetBytes(json ? Json(project, now) : Html(project, now));
        var etag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body))}\"";
        return exchange.Header("If-None-Match") == etag
            ? exchange.HeadAsync(304, $"ETag: {etag}", "Content-Length: 0")
            : exchange.SendAsync(200, json ? "application/vnd.pypi.simple.v1+json" : "text/html", body, $"ETag: {etag}");
    }

    private Task FileAsync(FakeExchange exchange, List<Entry> entries, string file)
    {
        const string Metadata = ".metadata";
        lock (entries)
        {
            var entry = entries.Find(e => e.File == file || (HasMetadata && !OnlyHtml && file == e.File + Metadata));
            return entry is null
                ? Behaviours.Status(404)(exchange)
                : exchange.SendAsync(200, "application/octet-stream", entry.File == file ? entry.Bytes : Encoding.UTF8.GetBytes(entry.Metadata));
        }
    }

    private string Json(string project, Entry[] entries) => JsonSerializer.Serialize(new Dictionary<string, object>
    {
        ["meta"] = new Dictionary<string, object> { ["api-version"] = "1.1" },
        ["name"] = project,
        ["versions"] = entries.Select(entry => entry.File.Split('-')[1]).Distinct(),
        ["files"] = entries.Select(entry => new Dictionary<string, object?>
        {
            ["filename"] = entry.File,
            ["url"] = $"{_source.Address}files/{project}/{entry.File}",
            ["hashes"] = new Dictionary<string, string> { ["sha256"] = Hex(entry.Bytes) },
            ["requires-python"] = entry.RequiresPython,
            ["size"] = entry.Bytes.Length,
            ["upload-time"] = "2020-01-02T03:04:05.678901Z",
            ["yanked"] = entry.Yanked is null ? false : entry.Yanked,
            ["core-metadata"] = HasMetadata ? new Dictionary<string, string> { ["sha256"] = Hex(Encoding.UTF8.GetBytes(entry.Metadata)) } : false,
        }),
    });

    private static string Html(string project, Entry[] entries)
    {
        var page = new StringBuilder("<!DOCTYPE html><html><body>\n");
        foreach (var entry in entries)
        {
            page.Append("<a href=\"../../files/").Append(project).Append('/').Append(entry.File).Append("#sha256=").Append(Hex(entry.Bytes)).Append('"');
            page.Append(entry.RequiresPython is null ? "" : $" data-requires-python=\"{WebUtility.HtmlEncode(entry.RequiresPython)}\"");
            page.Append(entry.Yanked is null ? "" : $" data-yanked=\"{WebUtility.HtmlEncode(entry.Yanked)}\"").Append('>').Append(entry.File).Append("</a><br/>\n");
        }

        return page.Append("</body></html>").ToString();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Entry(string File, byte[] Bytes, string Metadata, string? RequiresPython)
    {
        public string? Yanked { get; set; }
    }
}
