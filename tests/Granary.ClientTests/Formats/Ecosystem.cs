using System.Net.Http.Headers;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>A version of a package that a test makes. What is installed tells its mark, so that it is known whose bytes they are.</summary>
public sealed record Item(string Name, string Version, string Mark);

/// <summary>A repository as clients reach it.</summary>
public sealed record Shelf(GranaryServer Server, string Repository, string Token)
{
    public string Domain { get; init; } = GranaryServer.Domain;

    public Uri Endpoint(string format) => new(Server.Http, $"{format}/d/{Domain}-{GranaryServer.Account}/{Repository}/");

    /// <summary>A request with the token as most clients send it; the path is relative to the repository's endpoint.</summary>
    public HttpRequestMessage Request(HttpMethod method, string format, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(Endpoint(format), path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"aws:{Token}")));
        return request;
    }
}

/// <summary>What came of an installation into an empty project.</summary>
/// <param name="Mark">Null where nothing was installed.</param>
public sealed record Installation(CommandResult Result, string? Mark)
{
    public void MustBe(Item item)
    {
        Result.MustSucceed();
        Assert.Equal(item.Mark, Mark);
    }

    public void MustFail()
    {
        Result.MustFail();
        Assert.Null(Mark);
    }
}

/// <summary>How one format fills in <see cref="FormatContract{TEcosystem}"/>: its own tools, its public source, its peculiarities.</summary>
public abstract class Ecosystem : IAsyncDisposable
{
    public abstract string Format { get; }

    /// <summary>The namespace of the packages that the tests make; null in formats without.</summary>
    public virtual string? Namespace => null;

    /// <summary>The external connection, and the address of the public source that the ecosystem plays; null where CodeArtifact has none for the format.</summary>
    public virtual (string Name, Uri Address)? Source => null;

    /// <summary>Test methods that do not apply, and why.</summary>
    public virtual IReadOnlyDictionary<string, string> Inapplicable => new Dictionary<string, string>();

    /// <summary>Why the format's client cannot publish the same bytes again; null where it can.</summary>
    public virtual string? NeverTwice => null;

    /// <summary>Publishes with the format's own tool.</summary>
    public abstract Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item);

    /// <summary>Installs with the format's own tool: into a new project, with empty caches.</summary>
    /// <param name="version">Null for the newest.</param>
    public abstract Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null);

    /// <summary>The document that lists a package, relative to the repository's endpoint; null in formats without an endpoint.</summary>
    public abstract string? ListingPath(string name);

    /// <summary>The address of a version's main asset.</summary>
    public abstract string? AssetPath(string name, string version);

    /// <summary>Uploads that must be refused, by what is wrong with them.</summary>
    public abstract IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item);

    /// <summary>Lists a version at the public source.</summary>
    public virtual void Offer(Item item) => throw new NotSupportedException("The format has no public source.");

    /// <summary>How often the public source was asked anything about the package.</summary>
    public virtual int Asked(string name) => 0;

    public virtual void SwitchSourceOff()
    {
    }

    public virtual void SwitchSourceOn()
    {
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
