using System.Net;
using Granary.Core;
using Granary.Core.Assets.AzureBlobs;
using Granary.Core.Assets.S3;
using Granary.Core.Collection;
using Granary.Core.Encryption;
using Granary.Core.Scrub;
using Granary.Core.Trail;
using Granary.Core.Usage;
using Granary.Server.Encryption;
using Granary.Server.Events.Targets;
using Granary.Server.Monitoring;
using Granary.Server.Throttling;

namespace Granary.Server.Hosting;

/// <summary>How one server runs: the command line first, then the environment (<c>GRANARY_</c>) and the configuration file.</summary>
public sealed record ServeOptions
{
    public required string Data { get; init; }

    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    public string Urls { get; init; } = "http://localhost:8080;https://localhost:8443";

    /// <summary>A PostgreSQL connection string; null for SQLite in the data directory.</summary>
    public string? Database { get; init; }

    /// <summary>The S3-compatible store in which assets lie; without any object store they are files in the data directory.</summary>
    public S3Options? S3 { get; init; }

    /// <summary>The Azure Blob Storage in which assets lie.</summary>
    public AzureOptions? Azure { get; init; }

    /// <summary>Which domains are encrypted.</summary>
    public EncryptionOptions Encryption { get; init; } = new();

    /// <summary>The key service that has the keys of encrypted domains; null where this server keeps them itself.</summary>
    public KmsOptions? Kms { get; init; }

    /// <summary>The region in ARNs and in the scope of signatures.</summary>
    public string Region { get; init; } = "us-east-1";

    public bool Quickstart { get; init; } = true;

    /// <summary>The address that clients use where it is not the one that this process listens on, as behind a proxy.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Host names that requests may carry beside this machine's own.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The reverse proxies whose word is taken for where a request comes from; nobody's unless said.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>A certificate for https in place of the local authority's: PEM or PFX.</summary>
    public string? Certificate { get; init; }

    public string? CertificateKey { get; init; }

    public string? CertificatePassword { get; init; }

    /// <summary>What the audit trail records, and for how long.</summary>
    public TrailOptions Trail { get; init; } = new();

    /// <summary>When what nothing names is removed from the storage.</summary>
    public CollectionOptions Collection { get; init; } = new();

    /// <summary>When all assets are read and compared, and how fast.</summary>
    public ScrubOptions Scrub { get; init; } = new();

    /// <summary>How long the end may take.</summary>
    public ShutdownOptions Shutdown { get; init; } = new();

    /// <summary>How much there may be of what is counted.</summary>
    public Quotas Quotas { get; init; } = new();

    /// <summary>How many requests a second are answered; as many as come unless said.</summary>
    public Rates Rates { get; init; } = new();

    /// <summary>How events are sent to targets.</summary>
    public EventTargetOptions EventTargets { get; init; } = new();

    /// <summary>Who is told metrics and traces.</summary>
    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>Whether usage is counted.</summary>
    public UsageOptions Usage { get; init; } = new();

    /// <summary>What usage costs.</summary>
    public PriceSheet Prices { get; init; } = new();

    /// <summary>The address for clients on this machine, without a closing slash. One that stands for all addresses is none to connect to.</summary>
    public string Endpoint
    {
        get
        {
            if (PublicUrl is not null)
            {
                return PublicUrl.AbsoluteUri.TrimEnd('/');
            }

            var first = BindingAddress.Parse(Urls.Split(';', StringSplitOptions.TrimEntries)[0]);
            var host = first.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : first.Host;
            return $"{first.Scheme}://{host}:{first.Port}";
        }
    }

    /// <summary>The default data directory: <c>~/.granary</c>.</summary>
    public static string DefaultData => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".granary");
}
